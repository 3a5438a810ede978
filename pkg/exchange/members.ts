import { createHash } from 'node:crypto';
import { contentOf, type Entry, type Member, noContent, readHostFile } from '../archive/index.ts';
import { damagedBlob, type Store } from '../store/index.ts';
import type { Descriptor, Digest } from '../image/index.ts';

/** Root's, and dateless: the same images make the same archive on any day. */
function entry(path: string, type: Entry['type'], mode: number, size = 0): Entry {
  return { path, type, mode, uid: 0, gid: 0, mtime: 0, size };
}

export function directoryMember(path: string): Member {
  return { entry: entry(path, 'directory', 0o755), content: noContent };
}

export function bytesMember(path: string, bytes: Buffer): Member {
  return { entry: entry(path, 'file', 0o644, bytes.length), content: contentOf(bytes) };
}

export function jsonMember(path: string, value: unknown): Member {
  return bytesMember(path, Buffer.from(JSON.stringify(value)));
}

export function streamMember(path: string, size: number, content: AsyncIterable<Buffer>): Member {
  return { entry: entry(path, 'file', 0o644, size), content };
}

/** A blob of the store under another name. It is opened when its turn comes; one that was damaged on disk is an error. */
export function blobMember(store: Store, path: string, { digest, size }: Pick<Descriptor, 'digest' | 'size'>): Member {
  return streamMember(path, size, verified(readHostFile(store.blobPath(digest)), digest));
}

async function* verified(content: AsyncIterable<Buffer>, digest: Digest): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== hexOf(digest)) throw damagedBlob(digest);
}

export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}
