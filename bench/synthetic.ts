import { createWriteStream } from 'node:fs';
import { mkdir, rename, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { contentOf, type Member, noContent, writeTar } from '../pkg/archive/index.ts';

/** Counts up when the content changes. */
const version = 1;

/** Average bytes of a file in Debian's root. */
const fileBytes = 24 << 10;
const filesPerFolder = 50;

/** Numbers that look random and are always the same: Marsaglia's xorshift32. */
function* xorshift(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}

/** As compressible as a distribution's files are on average, to about two fifths: words, each of random letters. */
function pool(bytes: number): Buffer {
  const random = xorshift(1);
  const next = (): number => random.next().value;
  const words = Array.from({ length: 4096 }, () => {
    return Buffer.from(Array.from({ length: 2 + (next() % 11) }, () => next() % 256));
  });
  const content = Buffer.alloc(bytes);
  for (let at = 0; at < bytes;) at += (words[next() % words.length] ?? Buffer.alloc(1)).copy(content, at);
  return content;
}

function* members(megabytes: number): Generator<Member> {
  const source = pool(16 << 20);
  const random = xorshift(megabytes);
  const of = { uid: 0, gid: 0, mtime: 1_700_000_000 };
  yield { entry: { path: 'usr', type: 'directory', mode: 0o755, size: 0, ...of }, content: noContent };
  let left = megabytes * 1e6;
  for (let number = 0; left > 0; number++) {
    const folder = `usr/${Math.floor(number / filesPerFolder)}`;
    if (number % filesPerFolder === 0) {
      yield { entry: { path: folder, type: 'directory', mode: 0o755, size: 0, ...of }, content: noContent };
    }
    // Most files are small, a few are large.
    const isLarge = number % 25 === 0;
    const size = Math.min(left, (random.next().value % (isLarge ? 40 * fileBytes : fileBytes / 2)) + 1);
    const from = random.next().value % (source.length - size);
    left -= size;
    const entry = { path: `${folder}/file-${number}`, type: 'file', mode: 0o644, size, ...of } as const;
    yield { entry, content: contentOf(source.subarray(from, from + size)) };
  }
}

async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}

/**
 * A root file system of that size as a tar file, the same on every machine. Made once and kept in the folder for
 * temporary files.
 *
 * @returns its path, for `rootfs:` in a YAML
 */
export async function syntheticRoot(megabytes: number): Promise<string> {
  const folder = path.join(tmpdir(), 'lkit-bench');
  const file = path.join(folder, `root-${version}-${megabytes}.tar`);
  if ((await stat(file).catch(() => undefined)) === undefined) {
    await mkdir(folder, { recursive: true });
    await pipeline(writeTar(each(members(megabytes))), createWriteStream(`${file}.${process.pid}`));
    await rename(`${file}.${process.pid}`, file);
  }
  return file;
}
