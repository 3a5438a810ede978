import { ArchiveError } from './error.ts';
import { startFilter } from './tool-filter.ts';

/**
 * Compresses into one zstd frame, on all cores, with the host's `zstd`: Node has it from version 22.15 on only. The
 * bytes do not depend on how many cores there are.
 *
 * @throws {ArchiveError} `packing-failed` with the tool's own words
 * @throws {HostError} `missing-tool`
 */
export async function* zstd(source: AsyncIterable<Buffer>, level: number): AsyncGenerator<Buffer> {
  const running = await startFilter('zstd', ['-cq', `-${level}`, '-T0'], source);
  try {
    yield* running.output as AsyncIterable<Buffer>;
    const { failure } = await running.end;
    if (failure !== undefined) throw new ArchiveError('packing-failed', failure);
  } finally {
    running.kill();
  }
}
