/** Builds tar archives byte by byte, so that tests can make what no tool would. */
export interface RawEntry {
  readonly name?: string;
  /** The type flag. @default '0' */
  readonly type?: string;
  readonly data?: string | Buffer;
  /** @default the length of `data` */
  readonly size?: number;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  readonly link?: string;
  readonly device?: readonly [major: number, minor: number];
  /** Records of an extended header before the entry. */
  readonly pax?: readonly (readonly [key: string, value: string | Buffer])[];
  readonly magic?: string;
  readonly prefix?: string;
  /** Changes the header before its checksum is computed. */
  readonly patch?: (header: Buffer) => void;
  /** Instead of the right one. */
  readonly checksum?: string;
}

const block = 512;

/** An archive of these entries. Names are byte strings. `end` blocks of zeros close it. */
export function rawTar(entries: readonly RawEntry[], end = 2): Buffer {
  return Buffer.concat([...entries.flatMap(entryBlocks), Buffer.alloc(end * block)]);
}

function entryBlocks(entry: RawEntry): readonly Buffer[] {
  const { pax, ...plain } = entry;
  const extended = pax === undefined ? [] : entryBlocks({ name: 'PaxHeader', type: 'x', data: paxRecords(pax) });
  const data = Buffer.from(entry.data ?? '');
  return [...extended, header(plain, data.length), data, Buffer.alloc((block - (data.length % block)) % block)];
}

export function paxRecords(records: readonly (readonly [key: string, value: string | Buffer])[]): Buffer {
  return Buffer.concat(
    records.map(([key, value]) => {
      const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
      let digits = 1;
      while (String(rest.length + digits).length > digits) digits++;
      return Buffer.concat([Buffer.from(String(rest.length + digits)), rest]);
    }),
  );
}

function header(entry: RawEntry, dataLength: number): Buffer {
  const head = Buffer.alloc(block);
  const octal = (value: number, at: number, digits: number): number =>
    head.write(value.toString(8).padStart(digits, '0').slice(-digits), at, 'latin1');
  head.write((entry.name ?? 'file').slice(0, 100), 0, 'latin1');
  octal(entry.mode ?? 0o644, 100, 7);
  octal(entry.uid ?? 0, 108, 7);
  octal(entry.gid ?? 0, 116, 7);
  octal(entry.size ?? dataLength, 124, 11);
  octal(entry.mtime ?? 0, 136, 11);
  head.write(entry.type ?? '0', 156, 'latin1');
  head.write((entry.link ?? '').slice(0, 100), 157, 'latin1');
  head.write(entry.magic ?? 'ustar\x0000', 257, 'latin1');
  octal(entry.device?.[0] ?? 0, 329, 7);
  octal(entry.device?.[1] ?? 0, 337, 7);
  head.write(entry.prefix ?? '', 345, 'latin1');
  entry.patch?.(head);
  head.fill(' ', 148, 156);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(entry.checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return head;
}

/** A stream of bytes in pieces of a given size, which need not fit the format's blocks. */
export async function* inChunks(bytes: Buffer, size = 1 << 20): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

export async function collect(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(Buffer.from(piece));
  return Buffer.concat(all);
}
