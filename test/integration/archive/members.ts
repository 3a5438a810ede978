import { contentOf, type Entry, type Member, noContent } from '../../../pkg/archive/index.ts';

const base = { mode: 0o644, uid: 0, gid: 0, mtime: 1_700_000_000, size: 0 } as const;

/** One entry of every kind, with owners, names and attributes that are easy to lose. Sorted by path. */
export const everyKind: readonly Entry[] = [
  { ...base, path: '', type: 'directory', mode: 0o711, uid: 5, gid: 6, mtime: 0 },
  { ...base, path: 'bin', type: 'directory', mode: 0o755 },
  { ...base, path: 'bin/ping', type: 'file', mode: 0o4755, size: 6, links: 2, xattrs: capability() },
  { ...base, path: 'bin/ping6', type: 'hardlink', mode: 0o4755, link: 'bin/ping' },
  { ...base, path: 'bin/sh', type: 'symlink', mode: 0o777, link: '../elsewhere' },
  { ...base, path: 'bin/via', type: 'symlink', mode: 0o777, link: `../${'../'.repeat(40)}far/owner` },
  { ...base, path: 'dev', type: 'directory', mode: 0o1777 },
  { ...base, path: 'dev/disk', type: 'block', mode: 0o660, gid: 6, device: { major: 8, minor: 1 } },
  { ...base, path: 'dev/null', type: 'character', mode: 0o666, device: { major: 1, minor: 3 } },
  { ...base, path: 'dev/pipe', type: 'fifo' },
  { ...base, path: 'far/owner', type: 'file', uid: 2_147_483_647, gid: 4_000_000_000, size: 5 },
  { ...base, path: `long/${'directory/'.repeat(20)}name`, type: 'file', size: 4 },
  { ...base, path: 'odd/caf\xe9', type: 'file', size: 3 },
  { ...base, path: 'odd/na\nme', type: 'file' },
];

function capability(): ReadonlyMap<string, Buffer> {
  // cap_net_raw=ep, as setcap writes it: with zeros, which are no text.
  return new Map([['security.capability', Buffer.from('0100000200200000000000000000000000000000', 'hex')]]);
}

/** The entries with contents: the text `binary`, cut or repeated to their size. */
export async function* membersOf(entries: readonly Entry[]): AsyncGenerator<Member> {
  for (const entry of entries) {
    const content = entry.size === 0 ? noContent : contentOf(Buffer.alloc(entry.size, 'binary'));
    yield await Promise.resolve({ entry, content });
  }
}
