import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { contentOf, type Member, packSquashfs, writeTar } from '../../../pkg/archive/index.ts';
import { requireTool } from '../../../pkg/host/index.ts';
import { mediaTypes } from '../../../pkg/image/index.ts';
import { packedInitrd } from '../../../pkg/output/initrd.ts';
import { partBytes, writeParts } from '../../../pkg/output/parts.ts';
import { sizedFile } from '../../../pkg/output/sized-file.ts';
import { defaultStoreDirectory, imageTree, Store } from '../../../pkg/store/index.ts';
import { lkit, startLkit, withTempDir } from '../../support/lkit.ts';
import { writeSmallSystem } from '../cache/small-system.ts';

async function* fileMember(name: string, text: string): AsyncGenerator<Member> {
  const entry = { path: name, type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, size: text.length } as const;
  yield await Promise.resolve({ entry, content: contentOf(Buffer.from(text)) });
}

async function* members(all: readonly Member[]): AsyncGenerator<Member> {
  for (const member of all) yield await Promise.resolve(member);
}

describe('a packed initrd', function () {
  this.timeout(120_000);

  it('holds each image once, where a file system can share its blocks, the same however it is written', async () => {
    await withTempDir(async (folder) => {
      const write = async (name: string, bytes: number) => {
        await writeFile(path.join(folder, name), randomBytes(bytes));
        return await sizedFile(path.join(folder, name));
      };
      const stage0 = await write('stage0', 1001);
      // One is copied by the kernel, the other is not.
      const large = { id: 'large', form: 'squashfs', ...(await write('large', 4 << 20)) } as const;
      const small = { id: 'small', form: 'squashfs', ...(await write('small', 8192)) } as const;
      const files = { id: 'files', form: 'cpio', ...(await write('files', 1002)) } as const;
      const trees = [large, small, large, files].map((image, number) => {
        return { image, path: `/${number}`, sharesBusybox: false };
      });
      const parts = packedInitrd({ stage0, root: [small], trees, files: [] });
      await writeParts(parts, path.join(folder, 'initrd'));
      const initrd = await readFile(path.join(folder, 'initrd'));
      const chunks: Buffer[] = [];
      for await (const chunk of partBytes(parts)) chunks.push(chunk);
      assert.ok(initrd.equals(Buffer.concat(chunks)));
      for (const { file } of [large, small]) {
        const content = await readFile(file);
        const at = initrd.indexOf(content);
        assert.equal(at % 4096, 0);
        assert.equal(initrd.indexOf(content, at + 1), -1);
      }
      const compressed = await Promise.all([stage0, files].map(({ file }) => readFile(file)));
      const at = initrd.indexOf(Buffer.concat(compressed));
      assert.notEqual(at, -1);
      const behind = compressed.reduce((sum, { length }) => sum + length, at);
      assert.equal(initrd.indexOf('070701', behind), behind + 1, 'not compressed: at a multiple of 4');
      const listed = execFileSync('cpio', ['-it', '--quiet'], { input: initrd, encoding: 'utf8' });
      const images = ['lkit/images/small.squashfs', 'lkit/images/large.squashfs'];
      assert.deepEqual(listed.trim().split('\n'), ['lkit', 'lkit/images', ...images]);
    });
  });

  it('can hold an image of hundreds of layers', async () => {
    await withTempDir(async (folder) => {
      const store = await Store.open(path.join(folder, 'store'), { limits: { layers: 400 } });
      const layers = [];
      for (let number = 0; number < 300; number++) {
        const blob = await store.writeBlob(writeTar(fileMember(`layer-${number}`, String(number))));
        layers.push({ mediaType: mediaTypes.layer, ...blob });
      }
      const rootfs = { type: 'layers', diff_ids: layers.map(({ digest }) => digest) };
      const config = await store.putJson({ architecture: 'amd64', os: 'linux', rootfs }, mediaTypes.config);
      const image = await store.image(await store.putJson({ schemaVersion: 2, config, layers }, mediaTypes.manifest));
      const squashfs = path.join(folder, 'image');
      await packSquashfs(imageTree(store, image), squashfs);
      const listed = execFileSync('unsquashfs', ['-l', squashfs], { encoding: 'utf8' });
      assert.equal(listed.match(/\/layer-\d+$/gm)?.length, 300);
    });
  });
});

describe('a build', function () {
  this.timeout(120_000);
  const names = ['a', 'b', 'c', 'd', 'e'];
  const yaml = (tars: readonly string[]): string => {
    const services = tars.map(
      (tar, number) => `  - {name: ${names[number] ?? ''}, image: "rootfs:${tar}", command: [/x]}\n`,
    );
    return `init: [pkg:init, pkg:crun]\nservices:\n${services.join('')}files: [{path: etc/note, source: ./note}]\n`;
  };

  async function makeRoot(folder: string, name: string, content: Buffer): Promise<string> {
    await mkdir(path.join(folder, 'root'));
    await writeFile(path.join(folder, 'root/x'), content);
    execFileSync('tar', ['-cf', `${name}.tar`, '-C', 'root', 'x'], { cwd: folder });
    await rm(path.join(folder, 'root'), { recursive: true });
    return `./${name}.tar`;
  }

  it('packs again what was replaced, and nothing where only `files:` differ', async () => {
    await withTempDir(async (folder) => {
      const tars: string[] = [];
      for (const name of [...names, 'new']) tars.push(await makeRoot(folder, name, randomBytes(64)));
      const packed = async (used: readonly string[], note: string): Promise<readonly string[]> => {
        await writeFile(path.join(folder, 'a.yml'), yaml(used));
        await writeFile(path.join(folder, 'note'), note);
        const { exitCode, stderr } = await lkit(['-v', 'build', 'a.yml'], { cwd: folder });
        assert.equal(exitCode, 0, stderr);
        const steps = [...stderr.matchAll(/^ {2}pack (\S+): (cached|\d+\.\d s)$/gm)];
        assert.ok(steps.length >= 5, stderr);
        return steps.filter(([, , outcome]) => outcome !== 'cached').map(([, name]) => name ?? '');
      };
      await packed(tars.slice(0, 5), 'one');
      assert.deepEqual(await packed(tars.slice(0, 5), 'two'), []);
      const [a = '', b = '', , d = '', e = '', replacement = ''] = tars;
      assert.deepEqual(await packed([a, b, replacement, d, e], 'two'), ['c']);
    });
  });

  it('packs anew with another version of mksquashfs, under the same names', async () => {
    await withTempDir(async (folder) => {
      await writeSmallSystem(folder, 3 << 20);
      const tool = await requireTool('mksquashfs');
      const build = async (bin: string): Promise<{ readonly packed: boolean; readonly initrd: Buffer }> => {
        const env = { PATH: `${path.join(folder, bin)}:${process.env['PATH'] ?? ''}` };
        const { exitCode, stderr } = await lkit(['-v', 'build', 'small.yml'], { cwd: folder, env });
        assert.equal(exitCode, 0, stderr);
        const packed = !/^ {2}pack web: cached$/m.test(stderr);
        return { packed, initrd: await readFile(path.join(folder, 'small-initrd.img')) };
      };
      for (const bin of ['old', 'newer']) {
        await mkdir(path.join(folder, bin));
        await writeFile(path.join(folder, bin, 'mksquashfs'), `#!/bin/sh\n# ${bin}\nexec ${tool} "$@"\n`, {
          mode: 0o755,
        });
      }
      const built = [await build('old'), await build('old'), await build('newer')];
      assert.deepEqual(
        built.map(({ packed }) => packed),
        [true, false, true],
      );
      assert.ok(built.every(({ initrd }) => initrd.equals(built[0]?.initrd ?? Buffer.of())));
    });
  });

  it('leaves files where a squashfs would take more of the guest’s memory, if an archive can hold them', async () => {
    await withTempDir(async (folder) => {
      const tar = async (name: string, content: Buffer, attributes?: string): Promise<string> => {
        const entry = { path: 'x', type: 'file', mode: 0o755, uid: 0, gid: 0, mtime: 0, size: content.length } as const;
        const xattrs = attributes === undefined ? {} : { xattrs: new Map([[attributes, Buffer.from('1')]]) };
        await writeFile(
          path.join(folder, name),
          writeTar(members([{ entry: { ...entry, ...xattrs }, content: contentOf(content) }])),
        );
        return `./${name}`;
      };
      const tars = [
        await tar('small', randomBytes(64)),
        // Next to nothing when it is compressed.
        await tar('zeros', Buffer.alloc(2 << 20)),
        await tar('attributes', randomBytes(64), 'user.note'),
      ];
      await writeFile(path.join(folder, 'a.yml'), yaml(tars));
      await writeFile(path.join(folder, 'note'), '');
      const { exitCode, stderr } = await lkit(['build', 'a.yml'], { cwd: folder });
      assert.equal(exitCode, 0, stderr);
      const file = path.join(folder, 'a-initrd.img');
      const listed = execFileSync('cpio', ['-it', '--quiet', '-F', file], { encoding: 'utf8' });
      // crun's, zeros, and the one with attributes.
      assert.equal(listed.match(/^lkit\/images\/[0-9a-f]{16}\.squashfs$/gm)?.length, 3, listed);
      const initrd = await readFile(file, 'latin1');
      assert.match(initrd, /\nfiles [0-9a-f]{16} \/containers\/services\/a\//);
      assert.match(initrd, /\nalone [0-9a-f]{16} \/containers\/services\/b\//);
      assert.match(initrd, /\nalone [0-9a-f]{16} \/containers\/services\/c\//);
    });
  });

  it('that is interrupted leaves nothing half-written, neither here nor in the store', async () => {
    await withTempDir(async (folder) => {
      const tars = [];
      for (const name of ['a', 'b']) tars.push(await makeRoot(folder, name, randomBytes(48 << 20)));
      await writeFile(path.join(folder, 'a.yml'), yaml(tars));
      await writeFile(path.join(folder, 'note'), '');
      const before = (await readdir(folder)).sort();
      const child = startLkit(['-v', 'build', 'a.yml'], { cwd: folder });
      const store = defaultStoreDirectory(process.env, homedir());
      const temporary = async (): Promise<readonly string[]> =>
        (await readdir(path.join(store, 'tmp'))).filter((name) => name.includes(`${child.pid ?? ''}.`));
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      const ended = new Promise((resolve) => child.once('close', resolve));
      const isPacking = async (): Promise<boolean> =>
        /import a[^]*import b|import b[^]*import a/.test(stderr) && (await temporary()).length > 0;
      while (child.exitCode === null && !(await isPacking())) await setTimeout(10);
      child.kill('SIGINT');
      const exitCode = await ended;
      assert.equal(exitCode, 130, stderr);
      assert.doesNotMatch(stderr, /pack [ab]: /);
      assert.deepEqual((await readdir(folder)).sort(), before);
      assert.deepEqual(await temporary(), []);
    });
  });
});
