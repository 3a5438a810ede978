import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { ArchiveError, readTar } from '../archive/index.ts';
import { describeFailure, HostError, requireTool, runTool } from '../host/index.ts';
import { PackageError } from './error.ts';

/** A file of a .deb. */
export interface DebMember {
  /** Relative, without `./` and trailing slash: `usr/bin/runc`. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes; 0 for all but a file. */
  readonly size: number;
  /** The target of a symlink as written, or the path of the file that a hard link names. */
  readonly link?: string;
}

/**
 * Goes through the files of a .deb in the archive's order, content streaming: nothing is unpacked. `visit` reads the
 * content if it wants it; what it leaves is skipped.
 *
 * @throws {PackageError} `bad-deb`
 */
export async function readDeb(
  deb: string,
  visit: (member: DebMember, content: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  const child = spawn(await requireTool('dpkg-deb'), ['--fsys-tarfile', deb], { stdio: ['ignore', 'pipe', 'pipe'] });
  const failure = failureOf(child);
  try {
    for await (const { entry, content } of readTar(child.stdout)) {
      const { type, mode, uid, gid, size, link } = entry;
      // Debian's policy knows no devices and fifos in packages, and its file names are UTF-8 (10.6, 10.10).
      if (entry.path === '' || type === 'character' || type === 'block' || type === 'fifo') continue;
      const member = { path: text(entry.path), type, mode, uid, gid, size };
      await visit(link === undefined ? member : { ...member, link: text(link) }, content);
    }
  } catch (error) {
    child.kill();
    // A broken archive is mostly what dpkg-deb has just complained about.
    const cause = (error instanceof ArchiveError && (await failure)) || undefined;
    throw cause === undefined ? error : new PackageError('bad-deb', `${deb}: ${cause}`, { cause: error });
  }
  const failed = await failure;
  if (failed !== undefined) throw new PackageError('bad-deb', `${deb}: ${failed}`);
}

/**
 * Unpacks a .deb to a folder of the host.
 *
 * @throws {PackageError} `bad-deb`
 */
export async function unpackDeb(deb: string, folder: string): Promise<void> {
  try {
    await runTool('dpkg-deb', ['-x', deb, folder]);
  } catch (error) {
    if (!(error instanceof HostError) || error.code !== 'tool-failed') throw error;
    throw new PackageError('bad-deb', `${deb}: ${error.message}`, { cause: error });
  }
}

function text(path: string): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}

/** What went wrong, once the program has ended; `undefined` when nothing did. */
function failureOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<string | undefined> {
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (words: string) => {
    stderr += words;
  });
  return new Promise((resolve) => {
    child.on('error', (error) => {
      resolve(error.message);
    });
    child.on('close', (exitCode, signal) => {
      resolve(exitCode === 0 ? undefined : describeFailure('dpkg-deb', exitCode, signal, stderr));
    });
  });
}
