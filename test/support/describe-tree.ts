import type { Entry, Member } from '../../pkg/archive/index.ts';
import { collect } from '../unit/archive/raw-tar.ts';

const isRoot = process.getuid?.() === 0;

/** A tree as comparable lines: everything that an entry says, and its content. `untimed` are paths whose time is left out. */
export async function describeTree(
  members: AsyncIterable<Member>,
  untimed: ReadonlySet<string> = new Set(),
): Promise<readonly string[]> {
  const lines: string[] = [];
  const symlinks = new Map<string, Entry>();
  for await (const { entry, content } of members) {
    if (entry.type === 'symlink') symlinks.set(entry.path, entry);
    // A second name of a symlink is a symlink like it; nobody can tell.
    const shared = entry.type === 'hardlink' ? symlinks.get(entry.link ?? '') : undefined;
    const described = shared === undefined ? entry : { ...shared, path: entry.path };
    lines.push(describeEntry(described, await collect(content), untimed));
  }
  return lines.sort();
}

function describeEntry(entry: Entry, content: Buffer, untimed: ReadonlySet<string>): string {
  const { path: name, type, mode, uid, gid, mtime, link = '', device, xattrs } = entry;
  const time = untimed.has(name) ? '' : mtime;
  // Only root can give files away.
  const owner = isRoot ? `${uid}:${gid}` : '';
  const attributes = [...(xattrs ?? [])].map(([key, value]) => `${key}=${value.toString('hex')}`).sort();
  const devices = device === undefined ? '' : `${device.major},${device.minor}`;
  // A link has the mode and owner of what it names.
  const own = type === 'hardlink' ? '' : `${mode.toString(8)} ${owner} ${time} ${attributes.join(' ')}`;
  return `${JSON.stringify(name)} ${type} ${own} ${link} ${devices} ${content.toString('latin1')}`;
}
