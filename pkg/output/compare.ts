import { createReadStream } from 'node:fs';
import { type CpioStretch, cpioStretches, decompress, readHostFile } from '../archive/index.ts';

/** The first place at which two files differ. */
export interface Difference {
  /** Bytes before it. */
  readonly offset: number;
  /** In an initrd: the member of its archives, and how far into its content; a header has no such place. */
  readonly member?: { readonly name: string; readonly offset: number | undefined };
}

type Open = () => AsyncIterable<Buffer>;

/** Compares two files of the host byte for byte; what they hold of cpio archives, compressed or not, names the place. */
export async function compareFiles(one: string, other: string): Promise<Difference | undefined> {
  const offset = await firstDifference(readHostFile(one), readHostFile(other));
  if (offset === undefined) return undefined;
  const found = await memberAt(() => readHostFile(one), offset);
  if (typeof found !== 'number') return { offset, member: found };
  // What follows the archives may be compressed ones; what is none, or damaged, has no members to name.
  const unpacked =
    (file: string): Open =>
    () =>
      decompress(createReadStream(file, { start: found }));
  const inside = await firstDifference(unpacked(one)(), unpacked(other)()).catch(() => undefined);
  const member = inside === undefined ? undefined : await memberAt(unpacked(one), inside);
  return { offset, ...(typeof member === 'object' && { member }) };
}

/** The member of archives that a byte belongs to; where it belongs to none, the position at which they end. */
async function memberAt(open: Open, offset: number): Promise<(Difference['member'] & object) | number> {
  const stretches = cpioStretches(open());
  for (let next = await stretches.next(); ; next = await stretches.next()) {
    if (next.done === true) return next.value;
    if (offset >= next.value.end) continue;
    await stretches.return(0);
    return place(next.value, offset);
  }
}

function place({ name, content }: CpioStretch, offset: number): { name: string; offset: number | undefined } {
  return { name, offset: offset < content ? undefined : offset - content };
}

/** How many bytes two streams have in common before they differ; `undefined` where they are equal. */
async function firstDifference(one: AsyncIterable<Buffer>, other: AsyncIterable<Buffer>): Promise<number | undefined> {
  const [a, b] = [one[Symbol.asyncIterator](), other[Symbol.asyncIterator]()];
  let left: Buffer = Buffer.alloc(0);
  let right: Buffer = Buffer.alloc(0);
  let offset = 0;
  try {
    for (;;) {
      if (left.length === 0) left = await chunkOf(a);
      if (right.length === 0) right = await chunkOf(b);
      const common = Math.min(left.length, right.length);
      if (common === 0) return left.length === right.length ? undefined : offset;
      if (left.compare(right, 0, common, 0, common) !== 0) {
        return offset + left.subarray(0, common).findIndex((byte, index) => byte !== right[index]);
      }
      offset += common;
      left = left.subarray(common);
      right = right.subarray(common);
    }
  } finally {
    await a.return?.();
    await b.return?.();
  }
}

/** The next bytes; none at the end. */
async function chunkOf(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  for (;;) {
    const next = await chunks.next();
    if (next.done === true) return Buffer.alloc(0);
    if (next.value.length > 0) return next.value;
  }
}
