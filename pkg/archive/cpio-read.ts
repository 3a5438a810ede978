import { ByteSource } from './byte-source.ts';
import { paddingTo } from './chunks.ts';
import { headerBytes } from './cpio-header.ts';

/** Where a member of an archive is, in bytes from the beginning of the stream. */
export interface CpioStretch {
  /** As in the archive: a trailer is one, too. */
  readonly name: string;
  readonly start: number;
  /** Where the header ends, with its padding. */
  readonly content: number;
  /** Where the next one may start. */
  readonly end: number;
}

/**
 * The members of newc archives that follow one another, with zeros between them. Ends where something else begins, and
 * gives the position of that.
 */
export async function* cpioStretches(source: AsyncIterable<Buffer>): AsyncGenerator<CpioStretch, number, undefined> {
  const bytes = new ByteSource(source);
  let position = 0;
  try {
    for (;;) {
      const magic = await bytes.take(4);
      if (magic.length === 4 && magic.every((byte) => byte === 0)) {
        position += 4;
        continue;
      }
      const header = Buffer.concat([magic, await bytes.take(headerBytes - magic.length)]).toString('latin1');
      if (!/^070701[0-9A-Fa-f]{104}$/.test(header)) return position;
      const field = (index: number): number => parseInt(header.slice(6 + index * 8, 14 + index * 8), 16);
      const [size, nameSize] = [field(6), field(11)];
      const padded = await bytes.take(nameSize);
      // Zeros behind a name make the content begin where it should.
      const name = padded.subarray(0, padded.indexOf(0)).toString('utf8');
      const content = position + headerBytes + nameSize + paddingTo(4, headerBytes + nameSize);
      const end = content + size + paddingTo(4, size);
      await bytes.skip(end - position - headerBytes - nameSize);
      yield { name, start: position, content, end };
      position = end;
    }
  } finally {
    await bytes.close();
  }
}
