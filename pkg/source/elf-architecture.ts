import type { Member } from '../archive/index.ts';
import type { Architecture } from '../image/index.ts';

/** Bytes of an ELF file up to `e_machine` (gABI, chapter 4, "ELF Header"). */
const headerBytes = 20;

const machines: Readonly<Record<number, Architecture>> = { 62: 'amd64', 183: 'arm64', 243: 'riscv64' };

/** Which machine a program is for, by the first bytes of its file; `undefined` for what is no program, or for another. */
export function elfArchitecture(head: Buffer): Architecture | undefined {
  const isElf64 = head.length >= headerBytes && head.readUInt32BE(0) === 0x7f454c46 && head[4] === 2 && head[5] === 1;
  return isElf64 ? machines[head.readUInt16LE(18)] : undefined;
}

/** Where the programs of a system are. Elsewhere may be those of other machines: firmware, cross compilers. */
const programFolder = /^(usr\/(local\/)?)?s?bin\//;

/** Watches the files of a system pass by, for the architecture that its programs are for. */
export class ArchitectureWatch {
  #program: Architecture | undefined;
  #other: Architecture | undefined;

  get found(): Architecture | undefined {
    return this.#program ?? this.#other;
  }

  async *watch(members: AsyncIterable<Member>): AsyncGenerator<Member, void, undefined> {
    for await (const { entry, content } of members) {
      const isOfInterest = entry.type === 'file' && this.#program === undefined;
      yield { entry, content: isOfInterest ? this.#seeHead(entry.path, content) : content };
    }
  }

  async *#seeHead(path: string, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let head = Buffer.alloc(0);
    for await (const chunk of content) {
      if (head.length < headerBytes) {
        head = Buffer.concat([head, chunk.subarray(0, headerBytes)]);
        const architecture = head.length < headerBytes ? undefined : elfArchitecture(head);
        this.#other ??= architecture;
        if (programFolder.test(path)) this.#program ??= architecture;
      }
      yield chunk;
    }
  }
}
