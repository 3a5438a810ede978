import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { contentOf, type Entry, readTar } from '../../../pkg/archive/index.ts';
import type { StoredDeb } from '../../../pkg/package/debs.ts';
import { kernelFiles } from '../../../pkg/package/kernel.ts';
import type { TreeNode } from '../../../pkg/package/tree.ts';
import { silentReporter } from '../../../pkg/report/index.ts';
import { bzImage } from '../../unit/package/bz-image.ts';
import { elfFile } from '../../unit/package/elf-file.ts';

describe('a kernel package', () => {
  let scratch: string;

  beforeEach(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'lkit-kernel-'));
  });
  afterEach(() => rm(scratch, { recursive: true, force: true }));

  /** A linux-image package with a kernel and modules that nothing can be read out of. */
  async function makeDeb(
    kernel: Buffer | undefined,
    modules = 'lib/modules',
    names: readonly string[] = ['loop'],
  ): Promise<StoredDeb> {
    const tree = path.join(scratch, 'deb');
    await mkdir(path.join(tree, 'DEBIAN'), { recursive: true });
    await mkdir(path.join(tree, modules, '6.1.0/kernel'), { recursive: true });
    await mkdir(path.join(tree, 'boot'));
    const control = [
      'Package: linux-image-6.1.0',
      'Version: 1',
      'Architecture: all',
      'Maintainer: x <x@x.test>',
      'Description: x',
    ];
    await writeFile(path.join(tree, 'DEBIAN/control'), `${control.join('\n')}\n`);
    if (kernel) await writeFile(path.join(tree, 'boot/vmlinuz-6.1.0'), kernel);
    for (const name of names) {
      await writeFile(path.join(tree, modules, `6.1.0/kernel/${name}.ko`), elfFile({ machine: 62 }));
    }
    const file = path.join(scratch, 'linux.deb');
    execFileSync('dpkg-deb', ['--build', '--root-owner-group', tree, file]);
    const other = {
      version: '1',
      architecture: 'all',
      sha256: '0',
      size: 0,
      filename: '',
      source: 'linux',
      depends: [],
    };
    return { package: { name: 'linux-image-6.1.0', ...other }, file };
  }

  async function filesOf(deb: StoredDeb, usual?: readonly string[]): Promise<ReadonlyMap<string, TreeNode>> {
    const temporaryFolder = await mkdtemp(path.join(scratch, 'tmp-'));
    const step = silentReporter.step('kernel');
    const nodes = await kernelFiles([deb], {
      ...{ temporaryFolder, mtime: 0, step },
      usual: usual?.map((name) => ({ name })),
    });
    return new Map(nodes.map((node) => [node.path, node]));
  }

  async function bytesOf(node: TreeNode | undefined): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of node?.content?.open() ?? []) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  const elf = elfFile({ machine: 62, notes: [['Xen', 18]] });

  for (const modules of ['lib/modules', 'usr/lib/modules']) {
    it(`gives the kernel, its ELF file, and the modules of ${modules} with indexes and all parent folders`, async () => {
      const image = bzImage(gzipSync(elf), false);
      const files = await filesOf(await makeDeb(image, modules));
      assert.deepEqual([...files.keys()], ['kernel', 'vmlinux', 'kernel.tar']);
      assert.deepEqual(await bytesOf(files.get('kernel')), image);
      assert.deepEqual(await bytesOf(files.get('vmlinux')), elf);

      const archive = await bytesOf(files.get('kernel.tar'));
      assert.equal(archive.length, files.get('kernel.tar')?.content?.size);
      const entries: Entry[] = [];
      for await (const { entry } of readTar(contentOf(archive))) entries.push(entry);
      const paths = entries.map((entry) => entry.path);
      assert.deepEqual(paths.slice(0, 3), ['lib', 'lib/modules', 'lib/modules/6.1.0']);
      for (const name of ['kernel/loop.ko', 'modules.dep', 'modules.alias', 'modules.symbols']) {
        assert.ok(paths.includes(`lib/modules/6.1.0/${name}`), name);
      }
    });
  }

  it('gives the usual modules once more, in an archive of their own with the indexes of all', async () => {
    const deb = await makeDeb(bzImage(gzipSync(elf), false), 'lib/modules', ['loop', 'rare']);
    const files = await filesOf(deb, ['loop', 'not-in-this-kernel']);
    assert.deepEqual([...files.keys()], ['kernel', 'vmlinux', 'kernel.tar', 'kernel-small.tar']);
    const contents = new Map<string, string>();
    for await (const { entry, content } of readTar(contentOf(await bytesOf(files.get('kernel-small.tar'))))) {
      contents.set(entry.path, await text(content));
    }
    const root = 'lib/modules/6.1.0';
    assert.deepEqual(
      [...contents.keys()].filter((name) => name.endsWith('.ko')),
      [`${root}/kernel/loop.ko`],
    );
    assert.match(contents.get(`${root}/modules.dep`) ?? '', /kernel\/rare\.ko:/);
  });

  it('gives no ELF file that a machine could not start', async () => {
    const image = bzImage(gzipSync(elfFile({ machine: 62 })), false);
    const files = await filesOf(await makeDeb(image));
    assert.deepEqual([...files.keys()], ['kernel', 'kernel.tar']);
    await rm(path.join(scratch, 'deb'), { recursive: true });
    const plain = await filesOf(await makeDeb(Buffer.from('an Image of arm64')));
    assert.deepEqual([...plain.keys()], ['kernel', 'kernel.tar']);
  });

  it('is refused without a kernel, and where there is none', async () => {
    await assert.rejects(filesOf(await makeDeb(undefined)), { code: 'bad-kernel' });
    const temporaryFolder = path.join(scratch, 'empty');
    const options = { temporaryFolder, mtime: 0, step: silentReporter.step('kernel') };
    await assert.rejects(kernelFiles([], options), { code: 'bad-kernel', kind: 'input' });
  });

  it('is refused when the .deb is damaged', async () => {
    const deb = await makeDeb(Buffer.from('x'));
    await writeFile(deb.file, 'no archive');
    await assert.rejects(filesOf(deb), { code: 'bad-deb', message: /dpkg-deb failed/ });
  });
});
