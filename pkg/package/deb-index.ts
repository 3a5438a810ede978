import path from 'node:path';
import { writeHostFile } from '../archive/index.ts';
import type { Step } from '../report/index.ts';
import type { Store } from '../store/index.ts';
import { type DebMember, readDeb } from './deb.ts';
import type { StoredDeb } from './debs.ts';
import { type ElfFile, elfHeaderBytes, isElf, readElf } from './elf.ts';
import { withFileBytes } from './file-bytes.ts';

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
    await store.withTemporaryFolder((folder) =>
      readDeb(deb.file, async (member, content) => {
        const elf = member.type === 'file' ? await elfOf(content, path.join(folder, 'program')) : undefined;
        members.push(elf ? { ...member, elf } : member);
      }),
    );
    return members;
  });
}

/** @param file to write a program to: what it needs can stand anywhere in it */
async function elfOf(content: AsyncIterable<Buffer>, file: string): Promise<ElfFile | undefined> {
  let head = Buffer.alloc(0);
  for await (const piece of content) {
    head = Buffer.concat([head, piece]);
    if (head.length < elfHeaderBytes) continue;
    if (!isElf(head)) return undefined;
    await writeHostFile(file, joined(head, content));
    return withFileBytes(file, readElf);
  }
  return undefined;
}

async function* joined(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  yield* rest;
}
