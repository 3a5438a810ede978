import type { Step } from '../report/index.ts';
import type { Store } from '../store/index.ts';
import { type DebMember, readDeb } from './deb.ts';
import type { StoredDeb } from './debs.ts';
import { type ElfFile, isElf, readElf } from './elf.ts';

/** A file of a package, with what can be decided without its content. */
export interface IndexedMember extends DebMember {
  readonly elf?: ElfFile;
}

/** Counts up when `IndexedMember` or how it is found changes. */
const indexVersion = 1;

/** The list of a .deb's files, kept in the store: reading it anew means decompressing all of it. */
export function indexDeb(deb: StoredDeb, step: Step, store: Store): Promise<readonly IndexedMember[]> {
  const key = { kind: 'deb-index', version: indexVersion, inputs: { deb: deb.package.sha256 } };
  return store.derivedJson(key, async () => {
    step.detail(`reading ${deb.package.name}`);
    const members: IndexedMember[] = [];
    await readDeb(deb.file, async (member, content) => {
      const elf = member.type === 'file' ? await elfOf(content) : undefined;
      members.push(elf ? { ...member, elf } : member);
    });
    return members;
  });
}

async function elfOf(content: AsyncIterable<Buffer>): Promise<ElfFile | undefined> {
  const chunks: Buffer[] = [];
  let elf: boolean | undefined;
  for await (const chunk of content) {
    // The rest of another file still has to be read, but not kept.
    elf ??= isElf(chunk);
    if (elf) chunks.push(chunk);
  }
  return elf === true ? readElf(Buffer.concat(chunks)) : undefined;
}
