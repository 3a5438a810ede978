import { createWriteStream } from 'node:fs';
import { chmod, link, mkdir, symlink, utimes } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type BytePath, displayPath, type Entry, type Member, parentPath } from '../../archive/index.ts';
import { MachineError } from '../error.ts';

/**
 * Unpacks the tree `name` of an archive that is not to be trusted as `target`, which must not exist. Everything is made
 * anew and below folders that this call has made, so no link leads out of it.
 *
 * @throws {MachineError} `copy-failed`
 */
export async function extractTree(members: AsyncIterable<Member>, name: BytePath, target: string): Promise<void> {
  const folders: Entry[] = [];
  const made = new Map<BytePath, Entry['type']>();
  const place = (path: BytePath): Buffer =>
    Buffer.concat([Buffer.from(target), Buffer.from(path.slice(name.length), 'latin1')]);
  for await (const { entry, content } of members) {
    const { path, type } = entry;
    if (path !== name && made.get(parentPath(path)) !== 'directory') throw refused(path, 'lies outside of it');
    if (path !== name && !path.startsWith(`${name}/`)) throw refused(path, 'lies outside of it');
    if (made.has(path)) throw refused(path, 'comes twice');
    const file = place(path);
    if (type === 'directory') {
      // Its own mode, last: it may forbid to write into it.
      await mkdir(file, { mode: 0o700 });
      folders.push(entry);
    } else if (type === 'file') {
      await pipeline(content, createWriteStream(file, { flags: 'wx', mode: 0o600 }));
      await setAttributes(file, entry);
    } else if (type === 'symlink') {
      await symlink(Buffer.from(entry.link ?? '', 'latin1'), file);
    } else if (type === 'hardlink') {
      if (made.get(entry.link ?? '') !== 'file') throw refused(path, 'is a link to something outside of it');
      await link(place(entry.link ?? ''), file);
    } else {
      continue;
    }
    made.set(path, type);
  }
  if (!made.has(name)) throw new MachineError('copy-failed', `${displayPath(name)} is neither a file nor a folder`);
  for (const entry of folders.reverse()) await setAttributes(place(entry.path), entry);
}

/** setuid and setgid would make somebody else's programs act as the user who copied them. */
async function setAttributes(file: Buffer, { mode, mtime }: Entry): Promise<void> {
  await chmod(file, mode & 0o1777);
  await utimes(file, mtime, mtime);
}

function refused(path: BytePath, why: string): MachineError {
  return new MachineError(
    'copy-failed',
    `what the guest sent is not the tree that was asked for: ${displayPath(path)} ${why}`,
  );
}
