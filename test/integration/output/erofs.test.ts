import assert from 'node:assert/strict';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import type { Entry, Member } from '../../../pkg/archive/index.ts';
import { sha256 } from '../../../pkg/image/index.ts';
import { DiskIdentity } from '../../../pkg/output/disk/identity.ts';
import { writeErofs } from '../../../pkg/output/disk/erofs.ts';
import { directory, each, file, link } from '../../../pkg/output/members.ts';
import { withTempDir } from '../../support/lkit.ts';

const identity = new DiskIdentity(sha256(Buffer.from('test')));
/** Too long to stand behind its inode in one block of 4096 bytes. */
const longTarget = `${'x'.repeat(99)}/`.repeat(40) + 'y'.repeat(80);
const names = Array.from({ length: 1000 }, (_, number) => `file-${number}`);

function changed({ entry, content }: Member, changes: Partial<Entry>): Member {
  return { entry: { ...entry, ...changes }, content };
}

const members: readonly Member[] = [
  changed(file('usr/bin/tool', 0o751, Buffer.alloc(10_000, 'tool')), {
    uid: 70_000,
    gid: 3,
    mtime: 1_700_000_000,
    xattrs: new Map([['security.capability', Buffer.alloc(20, 1)]]),
  }),
  changed(file('usr/bin/tool-2', 0o644, Buffer.alloc(0)), { type: 'hardlink', link: 'usr/bin/tool' }),
  file('empty', 0o600, Buffer.alloc(0)),
  link('short', 'usr/bin/tool'),
  link('long', longTarget),
  changed(file('dev/null', 0o666, Buffer.alloc(0)), { type: 'character', device: { major: 1, minor: 3 } }),
  changed(directory('usr', 0o750), { mtime: 1_600_000_000 }),
  ...names.map((name) => file(`many/${name}`, 0o644, Buffer.from(name))),
];

/** A field of what `dump.erofs` tells of a file, such as `Links`. */
async function fieldOf(image: string, file: string, field: string): Promise<string | undefined> {
  const { stdout } = await execa('dump.erofs', [`--path=${file}`, image]);
  return new RegExp(`${field}: *(\\S+)`).exec(stdout)?.[1];
}

describe('an EROFS image', () => {
  it('has every file as it was given, says erofs-utils', async () => {
    await withTempDir(async (folder) => {
      const [image, tree] = [path.join(folder, 'image'), path.join(folder, 'tree')];
      await writeErofs(each(members), image, { identity });
      await execa('fsck.erofs', [`--extract=${tree}`, '--preserve', image]);

      const tool = await lstat(path.join(tree, 'usr/bin/tool'));
      assert.deepEqual([tool.mode, tool.uid, tool.gid, tool.mtimeMs], [0o100751, 70_000, 3, 1_700_000_000_000]);
      assert.deepEqual(await readFile(path.join(tree, 'usr/bin/tool')), Buffer.alloc(10_000, 'tool'));
      assert.deepEqual(await readFile(path.join(tree, 'usr/bin/tool-2')), Buffer.alloc(10_000, 'tool'));
      assert.equal((await lstat(path.join(tree, 'empty'))).size, 0);
      assert.equal(await readlink(path.join(tree, 'short')), 'usr/bin/tool');
      assert.equal(await readlink(path.join(tree, 'long')), longTarget);
      assert.equal((await lstat(path.join(tree, 'usr'))).mode, 0o040750);
      assert.equal((await lstat(path.join(tree, 'dev/null'))).rdev, 0x103);
      assert.deepEqual((await readdir(path.join(tree, 'many'))).sort(), [...names].sort());
      for (const name of names) assert.equal(await readFile(path.join(tree, 'many', name), 'utf8'), name);

      const number = await fieldOf(image, '/usr/bin/tool', 'NID');
      assert.equal(await fieldOf(image, '/usr/bin/tool-2', 'NID'), number);
      assert.equal(await fieldOf(image, '/usr/bin/tool', 'Links'), '2');
      assert.equal(await fieldOf(image, '/usr', 'Links'), '3');
      assert.equal(await fieldOf(image, '/usr/bin/tool', 'Xattr size'), String(12 + 4 + 'capability'.length + 2 + 20));
    });
  });

  it('is refused for a hard link without its file', async () => {
    await withTempDir(async (folder) => {
      const [, hardLink] = members;
      const written = writeErofs(each(hardLink === undefined ? [] : [hardLink]), path.join(folder, 'image'), {
        identity,
      });
      await assert.rejects(written, { code: 'conflicting-trees', message: /usr\/bin\/tool, which is missing/ });
    });
  });
});
