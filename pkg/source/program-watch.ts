import type { Member } from '../archive/index.ts';
import type { Platform } from '../image/index.ts';
import { elfPlatform, isArmProgram } from './elf-platform.ts';

/** Bytes at the start of a program that tell its platform. */
const headBytes = 64;

/** What is read of one for ARM: which one it is for stands at its end. */
const maxArmBytes = 64 << 20;

/** Where the programs of a system are. Elsewhere may be those of other machines: firmware, cross compilers. */
const programFolder = /^(usr\/(local\/)?)?s?bin\//;

/** Watches the files of a system pass by, for the platform that its programs are for. */
export class ProgramWatch {
  /** How many files there were, of all kinds. */
  count = 0;
  #program: Platform | undefined;
  #other: Platform | undefined;

  get platform(): Platform | undefined {
    return this.#program ?? this.#other;
  }

  async *watch(members: AsyncIterable<Member>): AsyncGenerator<Member, void, undefined> {
    for await (const { entry, content } of members) {
      this.count++;
      const isOfInterest = entry.type === 'file' && this.#program === undefined;
      yield { entry, content: isOfInterest ? this.#look(entry.path, content) : content };
    }
  }

  async *#look(path: string, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const seen: Buffer[] = [];
    let [size, wanted] = [0, headBytes];
    for await (const chunk of content) {
      if (size < wanted) {
        const isHeadThere = size < headBytes && size + chunk.length >= headBytes;
        if (isHeadThere && isArmProgram(Buffer.concat([...seen, chunk]))) wanted = maxArmBytes;
        // Copied, as it may be lent.
        seen.push(Buffer.from(chunk.subarray(0, wanted - size)));
        size += chunk.length;
      }
      yield chunk;
    }
    const platform = elfPlatform(Buffer.concat(seen));
    this.#other ??= platform;
    if (programFolder.test(path)) this.#program ??= platform;
  }
}
