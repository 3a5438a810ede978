import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Member, packSquashfs, readTar, writeTar } from '../../../pkg/archive/index.ts';
import { flatten } from '../../../pkg/image/index.ts';
import { describeTree } from '../../support/describe-tree.ts';
import { withTempDir } from '../../support/lkit.ts';
import { collect, inChunks, type RawEntry, rawTar } from '../../unit/archive/raw-tar.ts';
import { writeLayout } from './oci-layout.ts';
import { randomLayers } from './random-layers.ts';

type Layers = readonly (readonly RawEntry[])[];

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;

/** What umoci unpacks, read back through GNU tar; or the sentence with which it refuses. */
async function unpackWithUmoci(folder: string, layers: readonly Buffer[]): Promise<AsyncIterable<Member> | string> {
  const [layout, bundle] = [path.join(folder, 'layout'), path.join(folder, 'bundle')];
  await Promise.all([rm(layout, { recursive: true, force: true }), rm(bundle, { recursive: true, force: true })]);
  await writeLayout(layout, layers);
  try {
    await run('umoci', ['unpack', ...(isRoot ? [] : ['--rootless']), '--image', `${layout}:latest`, bundle]);
  } catch (error) {
    return (error as { stderr: string }).stderr;
  }
  const args = ['--format=pax', '--sort=name', '--numeric-owner', '--xattrs', '--xattrs-include=*'];
  return readTar(spawn('tar', [...args, '-C', path.join(bundle, 'rootfs'), '-cf', '-', '.']).stdout);
}

/** Our tree, through our tar writer. */
function ourTree(layers: readonly Buffer[]): AsyncIterable<Member> {
  return readTar(writeTar(flatten(layers.map((bytes) => ({ open: () => inChunks(bytes) })))));
}

/** Directories that umoci gives the time of unpacking: those that no layer describes, and those in which such are made. */
function untimedDirectories(layers: Layers): ReadonlySet<string> {
  const names = layers.flat().map(({ name = '', pax }) => String(pax?.find(([key]) => key === 'path')?.[1] ?? name));
  const described = new Set(['', ...names.map((name) => name.replace(/^\.?\/|\/$/g, ''))]);
  const made = names.flatMap(ancestors).filter((directory) => !described.has(directory));
  return new Set(made.flatMap((directory) => [directory, path.dirname(directory).replace(/^\.$/, '')]));
}

function ancestors(name: string): readonly string[] {
  return [...name.matchAll(/\//g)].map(({ index }) => name.slice(0, index));
}

const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');
const directory = (name: string, more: RawEntry = {}): RawEntry => ({
  name: `${name}/`,
  type: '5',
  mode: 0o755,
  mtime: 1000,
  ...more,
});
const file = (name: string, data: string, more: RawEntry = {}): RawEntry => ({ name, data, mtime: 2000, ...more });
const link = (type: '1' | '2', name: string, target: string): RawEntry => ({
  name,
  type,
  link: target,
  mode: 0o777,
  mtime: 3000,
});

/** One image with everything that layers do. */
const image: Layers = [
  [
    { name: './', type: '5', mode: 0o755, mtime: 77 },
    ...['bin', 'etc', 'usr', 'usr/bin', 'usr/lib', 'var', 'var/cache', 'opt', 'opt/tool', 'srv'].map((name) =>
      directory(name),
    ),
    directory('tmp', { mode: 0o1777 }),
    file('usr/bin/ping', 'ping', { mode: 0o755, pax: [['SCHILY.xattr.security.capability', capability]] }),
    file('usr/bin/passwd', 'passwd', { mode: 0o4755, gid: 42 }),
    link('1', 'usr/bin/ping6', 'usr/bin/ping'),
    link('2', 'lib', 'usr/lib'),
    link('2', 'bin/sh', '/usr/bin/dash'),
    file('etc/passwd', 'root:x:0:0', { uid: 0, gid: 0 }),
    file('etc/shadow', 'root:*', { mode: 0o640, gid: 42 }),
    file('var/cache/one', '1'),
    file('var/cache/two', '2'),
    file('opt/tool/a', 'a'),
    file('srv/becomes-directory', 'x'),
    directory('srv/becomes-file'),
    file('srv/becomes-file/inside', 'x'),
    file('srv/linked', 'lower content', { mode: 0o600, uid: 7, gid: 8 }),
    file('srv/caf\xe9', 'not UTF-8'),
    file('srv/x', 'long', { pax: [['path', `srv/${'very-long-name/'.repeat(10)}file`]] }),
    { name: 'srv/pipe', type: '6', mode: 0o622, mtime: 4000 },
    ...(isRoot ? [{ name: 'srv/null', type: '3', mode: 0o666, mtime: 4000, device: [1, 3] } as const] : []),
  ],
  [
    directory('usr', { mode: 0o750, uid: 3, gid: 4, mtime: 5000 }),
    file('lib/written-through-a-symlink', 'x'),
    file('etc/.wh.shadow', ''),
    file('var/cache/.wh..wh..opq', ''),
    file('var/cache/three', '3'),
    file('.wh.opt', ''),
    directory('srv/becomes-directory'),
    file('srv/becomes-directory/inside', 'x'),
    file('srv/becomes-file', 'x'),
    link('1', 'srv/link-across-layers', 'srv/linked'),
    file('made/by/nobody', 'x'),
  ],
  [
    file('srv/.wh.linked', ''),
    directory('opt', { mtime: 6000 }),
    file('opt/back', 'again'),
    file('etc/passwd', 'changed'),
    file('etc/passwd', 'changed twice', { mtime: 9000 }),
    link('2', 'etc/mtab', '../proc/mounts'),
  ],
];

describe('flatten, against umoci', function () {
  this.timeout(120_000);

  it('gives the same tree: type, mode, owner, time, link, attribute, content', async () => {
    const layers = image.map((entries) => rawTar(entries));
    const untimed = untimedDirectories(image);
    await withTempDir(async (folder) => {
      const theirs = await unpackWithUmoci(folder, layers);
      if (typeof theirs === 'string') assert.fail(theirs);
      const ours = await describeTree(ourTree(layers), untimed);
      assert.deepEqual(ours, await describeTree(theirs, untimed));
      assert.ok(ours.length > 40);
      assert.ok(ours.some((line) => line.includes(capability.toString('hex'))));
    });
  });

  it('gives the same trees for layers that chance makes, or refuses what umoci refuses', async () => {
    let same = 0;
    let refused = 0;
    await withTempDir(async (folder) => {
      for (let seed = 1; seed <= 100; seed++) {
        const entries = randomLayers(seed);
        const layers = entries.map((each) => rawTar(each));
        const theirs = await unpackWithUmoci(folder, layers);
        if (typeof theirs === 'string') {
          await assert.rejects(describeTree(ourTree(layers), new Set()), `seed ${seed}: umoci refuses it: ${theirs}`);
          refused++;
          continue;
        }
        const ours: Member[] = [];
        for await (const { entry, content } of ourTree(layers)) {
          ours.push({ entry, content: inChunks(await collect(content)) });
        }
        // umoci's times of directories depend on what was made in them, and when.
        const untimed = new Set(ours.flatMap(({ entry }) => (entry.type === 'directory' ? [entry.path] : [])));
        assert.deepEqual(
          await describeTree(replay(ours), untimed),
          await describeTree(theirs, untimed),
          `seed ${seed}: ${JSON.stringify(entries, null, 1)}`,
        );
        same++;
      }
    });
    assert.ok(same > 50, `${same} the same, ${refused} refused`);
  });
});

async function* replay(members: readonly Member[]): AsyncGenerator<Member> {
  for (const member of members) yield await Promise.resolve(member);
}

describe('flatten into squashfs', function () {
  this.timeout(60_000);

  it('gives the tree that unsquashfs unpacks, hard links and all', async () => {
    const layers = image.map((entries) => rawTar(entries.filter(({ type }) => type !== '3')));
    await withTempDir(async (folder) => {
      const squashfs = path.join(folder, 'image');
      await packSquashfs(flatten(layers.map((bytes) => ({ open: () => inChunks(bytes) }))), squashfs);
      const root = path.join(folder, 'root');
      await run('unsquashfs', ['-quiet', '-no-progress', '-d', root, squashfs]);
      const args = ['--format=pax', '--sort=name', '--numeric-owner', '--xattrs', '--xattrs-include=*'];
      const unpacked = readTar(spawn('tar', [...args, '-C', root, '-cf', '-', '.']).stdout);
      assert.deepEqual(await describeTree(unpacked, new Set()), await describeTree(ourTree(layers), new Set()));
    });
  });

  it('gives the same image each time', async () => {
    const layers = image.map((entries) => ({ open: () => inChunks(rawTar(entries), 1000) }));
    await withTempDir(async (folder) => {
      const files = ['one', 'two'].map((name) => path.join(folder, name));
      for (const each of files) await packSquashfs(flatten(layers, { treatment: 'container' }), each);
      await run('cmp', files);
    });
  });
});
