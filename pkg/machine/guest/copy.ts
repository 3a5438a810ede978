import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { bytePath, entryOf, listTree, type Member, readTar, readTreeFile, writeTar } from '../../archive/index.ts';
import { isErrno } from '../../errors/index.ts';
import { badInput, MachineError } from '../error.ts';
import type { GuestControl } from './control.ts';
import { extractTree } from './extract.ts';

/**
 * Copies a file or folder of the host into a guest, as root's, modes and modification times kept. To a folder that is
 * there it goes under its own name, else it gets the name that is asked for.
 *
 * @throws {MachineError} `copy-failed`, and what `GuestControl.run` throws
 */
export async function copyToGuest(guest: GuestControl, from: string, to: string, signal?: AbortSignal): Promise<void> {
  const source = path.resolve(from);
  const isFolder = (await guest.run({ command: ['test', '-d', to], signal })).exitCode === 0;
  if (!isFolder && to.endsWith('/')) throw badInput('copy-failed', `${to} is not a folder of the guest`, renameHint);
  const [folder, name] = isFolder ? [to, path.basename(source)] : [path.posix.dirname(to), path.posix.basename(to)];
  requireName(name, from);
  const command = ['tar', '-x', '-p', '-f', '-', '-C', folder];
  const stdin = writeTar(membersOf(source, bytePath(name)), { gnuNames: true });
  const { exitCode, stderr } = await guest.run({ command, stdin, signal });
  if (exitCode !== 0) throw failed(`${from} to the guest's ${to}`, stderr);
}

/**
 * Copies a file or folder out of a guest; it is the caller's then, with the modes (but for setuid and setgid) and
 * modification times that it had. Into a folder that is there it goes under its own name, else it gets the name that is
 * asked for. Devices, pipes and sockets are left out. It appears when it is whole, or not at all.
 *
 * @throws {MachineError} `copy-failed`, and what `GuestControl.run` throws
 */
export async function copyFromGuest(
  guest: GuestControl,
  from: string,
  to: string,
  signal?: AbortSignal,
): Promise<void> {
  const [folder, name] = [path.posix.dirname(from), path.posix.basename(from)];
  requireName(name, from);
  const target = (await isDirectory(to)) ? path.join(to, name) : path.resolve(to);
  if (await isDirectory(target)) throw badInput('copy-failed', `${target} is there already`, renameHint);
  const aside = `${target}.${process.pid}.tmp`;
  const tar = new PassThrough();
  const command = ['tar', '-c', '-f', '-', '-C', folder, name];
  const extracted = extractTree(readTar(tar), bytePath(name), aside);
  extracted.catch(() => undefined);
  try {
    const onStdout = (piece: Buffer): Promise<void> => write(tar, piece);
    const sent = guest.run({ command, signal, onStdout }).then(
      (result) => {
        tar.end();
        return result;
      },
      (error: unknown) => {
        tar.destroy(error instanceof Error ? error : undefined);
        throw error;
      },
    );
    // tar says more than an archive that ends too soon, so its word counts first.
    const { exitCode, stderr } = await sent;
    if (exitCode !== 0) throw failed(`the guest's ${from}`, stderr);
    await extracted;
    await rename(aside, target);
  } catch (error) {
    await extracted.catch(() => undefined);
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
}

const renameHint = 'Name it otherwise, or remove what is there.';

function requireName(name: string, argument: string): void {
  if (!['', '.', '..', '/'].includes(name)) return;
  throw badInput('copy-failed', `${argument} has no name to be copied under`, 'Name a file or a folder.');
}

/** The tree of a file or folder, under another name. */
async function* membersOf(source: string, name: string): AsyncGenerator<Member> {
  for (const file of await listTree(source)) {
    const place = (below: string): string => (below === '' ? name : `${name}/${below}`);
    const mtime = Number(file.stats.mtimeNs / 1_000_000_000n);
    const entry = { ...entryOf(file, mtime), path: place(file.path), uid: 0, gid: 0 };
    const link = file.type === 'hardlink' ? { link: place(file.link ?? '') } : {};
    yield { entry: { ...entry, ...link }, content: readTreeFile(source, file.path) };
  }
}

function write(stream: PassThrough, piece: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const taken = (): void => {
      stream.off('drain', taken).off('close', taken);
      resolve();
    };
    // Destroyed when what it holds is not wanted: the rest is dropped.
    if (stream.destroyed || stream.write(piece)) resolve();
    else stream.on('drain', taken).on('close', taken);
  });
}

async function isDirectory(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isDirectory();
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

function failed(what: string, stderr: Buffer): MachineError {
  const said = stderr.toString('utf8').trim().split('\n').slice(-3).join('\n  ');
  return new MachineError('copy-failed', `cannot copy ${what}: ${said}`);
}
