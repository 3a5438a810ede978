import assert from 'node:assert/strict';
import { lstat, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { contentOf, type Entry, type Member } from '../../../pkg/archive/index.ts';
import { extractTree } from '../../../pkg/machine/guest/extract.ts';
import { withTempDir } from '../../support/lkit.ts';

type Fields = Partial<Entry> & Pick<Entry, 'path'>;

async function* archive(entries: readonly Fields[]): AsyncGenerator<Member> {
  for (const fields of entries) {
    const bytes = Buffer.from(fields.type === undefined ? 'content' : '');
    const entry: Entry = { type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 1, size: bytes.length, ...fields };
    yield await Promise.resolve({ entry, content: contentOf(bytes) });
  }
}

const tree = { path: 'tree', type: 'directory', mode: 0o755 } as const;

describe('machine: a tree that a guest sends', () => {
  it('is unpacked with its modes, but not with setuid, nor with devices', async () => {
    await withTempDir(async (folder) => {
      const target = path.join(folder, 'out');
      const entries = [
        { ...tree, mode: 0o500 },
        { path: 'tree/su', mode: 0o6755 },
        { path: 'tree/again', type: 'hardlink', link: 'tree/su' },
        { path: 'tree/link', type: 'symlink', link: '/etc/passwd' },
        { path: 'tree/null', type: 'character', device: { major: 1, minor: 3 } },
      ] as const;
      await extractTree(archive(entries), 'tree', target);
      assert.deepEqual((await readdir(target)).sort(), ['again', 'link', 'su']);
      assert.equal((await lstat(target)).mode & 0o7777, 0o500);
      const status = await lstat(path.join(target, 'again'));
      assert.deepEqual([status.mode & 0o7777, status.nlink, status.mtimeMs], [0o755, 2, 1000]);
    });
  });

  it('may be a single file', async () => {
    await withTempDir(async (folder) => {
      await extractTree(archive([{ path: 'file' }]), 'file', path.join(folder, 'other'));
      assert.equal(await readFile(path.join(folder, 'other'), 'utf8'), 'content');
    });
  });

  const hostile: readonly (readonly [string, readonly Fields[]])[] = [
    ['a file beside it', [tree, { path: 'other' }]],
    ['a name that only begins like it', [tree, { path: 'tree2', type: 'directory' }]],
    ['a file below a link', [tree, { path: 'tree/l', type: 'symlink', link: '/tmp' }, { path: 'tree/l/file' }]],
    ['a file below a file', [tree, { path: 'tree/f' }, { path: 'tree/f/file' }]],
    ['a file in a folder that never came', [tree, { path: 'tree/none/file' }]],
    ['the same name twice, a link first', [tree, { path: 'tree/l', type: 'symlink', link: '/x' }, { path: 'tree/l' }]],
    ['a hard link out of it', [tree, { path: 'tree/h', type: 'hardlink', link: 'etc/passwd' }]],
    [
      'a hard link to a link',
      [
        tree,
        { path: 'tree/l', type: 'symlink', link: '/etc/passwd' },
        { path: 'tree/h', type: 'hardlink', link: 'tree/l' },
      ],
    ],
    ['a link in place of itself', [{ path: 'tree', type: 'symlink', link: '/tmp' }, { path: 'tree/file' }]],
    ['nothing', []],
    ['a device', [{ path: 'tree', type: 'block', device: { major: 8, minor: 0 } }]],
  ];
  for (const [title, entries] of hostile) {
    it(`is refused when it is or holds ${title}`, async () => {
      await withTempDir(async (folder) => {
        const target = path.join(folder, 'out');
        await assert.rejects(extractTree(archive(entries), 'tree', target), { code: 'copy-failed' });
        assert.deepEqual(
          (await readdir(folder)).filter((name) => name !== 'out'),
          [],
        );
      });
    });
  }
});
