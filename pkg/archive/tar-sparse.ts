import { zeroBytes } from './chunks.ts';
import { ArchiveError } from './error.ts';
import type { ByteSource } from './byte-source.ts';
import { blockBytes, type TarHeader } from './tar-header.ts';
import { parsePaxNumber, parseTarNumber } from './tar-number.ts';
import type { PaxRecord } from './tar-pax.ts';

/** A sparse file: `size` bytes, zero except for the runs, which are all that the archive holds. */
export interface SparseMap {
  readonly size: number;
  readonly runs: readonly SparseRun[];
}

export interface SparseRun {
  readonly offset: number;
  readonly length: number;
}

/** What a map may cost in memory; GNU tar writes one run per stretch of data, so real files have a few thousand. */
const maxRuns = 1 << 20;

/** The map of GNU's old sparse type `S`: four runs in the header, 21 in each block that follows. */
export async function readOldSparseMap(header: TarHeader, bytes: ByteSource): Promise<SparseMap> {
  const runs: SparseRun[] = [];
  let block = header.block;
  let [from, count, flagAt] = [386, 4, 482];
  for (;;) {
    for (let index = 0; index < count; index++) {
      const at = from + index * 24;
      if (block[at] === 0) break;
      runs.push({
        offset: parseTarNumber(block, at, at + 12, 'sparse map'),
        length: parseTarNumber(block, at + 12, at + 24, 'sparse map'),
      });
    }
    if (block[flagAt] !== 1) break;
    block = await bytes.take(blockBytes);
    if (block.length < blockBytes || runs.length > maxRuns) throw invalid();
    [from, count, flagAt] = [0, 21, 504];
  }
  return { size: parseTarNumber(header.block, 483, 495, 'size'), runs };
}

/** The map of the PAX formats 0.0 and 0.1, which stands in the extended header; 1.0's does not. */
export function paxSparseMap(records: readonly PaxRecord[]): SparseMap | undefined {
  let size: number | undefined;
  let numbers: number[] = [];
  for (const [key, value] of records) {
    if (key === 'GNU.sparse.size') size = parsePaxNumber(value.toString('latin1'), 'size');
    if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') {
      numbers.push(parsePaxNumber(value.toString('latin1'), 'sparse map'));
    }
    if (key === 'GNU.sparse.map') {
      const text = value.toString('latin1');
      numbers = text === '' ? [] : text.split(',').map((number) => parsePaxNumber(number, 'sparse map'));
    }
  }
  return size === undefined ? undefined : { size, runs: pairs(numbers) };
}

/** Format 1.0's real size; its map stands before the data. */
export function paxSparseSize(records: readonly PaxRecord[]): number | undefined {
  const major = records.findLast(([key]) => key === 'GNU.sparse.major')?.[1].toString('latin1');
  const realSize = records.findLast(([key]) => key === 'GNU.sparse.realsize')?.[1].toString('latin1');
  return major === '1' && realSize !== undefined ? parsePaxNumber(realSize, 'size') : undefined;
}

/** Format 1.0's map: decimal lines, filled up with zeros to a whole block. Tells also how many bytes it took. */
export async function readSparseMap(
  size: number,
  bytes: ByteSource,
  available: number,
): Promise<{ readonly map: SparseMap; readonly consumed: number }> {
  const numbers: number[] = [];
  let expected = 1;
  let line = '';
  let consumed = 0;
  while (numbers.length < expected) {
    if (consumed + blockBytes > available) throw invalid();
    const block = await bytes.take(blockBytes);
    if (block.length < blockBytes) throw invalid();
    consumed += blockBytes;
    const lines = (line + block.toString('latin1')).split('\n');
    line = lines.pop() ?? '';
    for (const text of lines) {
      if (numbers.length < expected) numbers.push(parsePaxNumber(text, 'sparse map'));
      if (numbers.length === 1) expected = 1 + 2 * (numbers[0] ?? 0);
    }
    if (expected > 2 * maxRuns || line.length > blockBytes) throw invalid();
  }
  return { map: { size, runs: pairs(numbers.slice(1)) }, consumed };
}

/** @throws {ArchiveError} `invalid-sparse` unless the runs ascend, stay within the file and are `stored` bytes long */
export function checkSparseMap(map: SparseMap, stored: number): SparseMap {
  let end = 0;
  let total = 0;
  for (const { offset, length } of map.runs) {
    if (offset < end || length < 0) throw invalid();
    end = offset + length;
    total += length;
  }
  if (end > map.size || total !== stored || !Number.isSafeInteger(end)) throw invalid();
  return map;
}

/** The whole file, holes as zeros. */
export async function* expandSparse(map: SparseMap, stored: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const runs = map.runs.filter(({ length }) => length > 0);
  let at = 0;
  let current = 0;
  let doneOfRun = 0;
  for await (let chunk of stored) {
    while (chunk.length > 0) {
      const run = runs[current];
      if (run === undefined) throw invalid();
      if (doneOfRun === 0) yield* zeroBytes(run.offset - at);
      const part = chunk.subarray(0, run.length - doneOfRun);
      yield part;
      chunk = chunk.subarray(part.length);
      doneOfRun += part.length;
      at = run.offset + doneOfRun;
      if (doneOfRun === run.length) {
        current++;
        doneOfRun = 0;
      }
    }
  }
  yield* zeroBytes(map.size - at);
}

function pairs(numbers: readonly number[]): readonly SparseRun[] {
  if (numbers.length % 2 !== 0 || numbers.length > 2 * maxRuns) throw invalid();
  const runs: SparseRun[] = [];
  for (let index = 0; index < numbers.length; index += 2) {
    runs.push({ offset: numbers[index] ?? 0, length: numbers[index + 1] ?? 0 });
  }
  return runs;
}

function invalid(): ArchiveError {
  return new ArchiveError('invalid-sparse', 'its map of holes contradicts itself');
}
