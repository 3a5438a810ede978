import assert from 'node:assert/strict';
import { chmod, copyFile, link, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { rawTar } from '../../unit/archive/raw-tar.ts';
import { describeTree } from '../../support/describe-tree.ts';
import { run, treeOnDisk, Workbench } from './workbench.ts';

const isRoot = process.getuid?.() === 0;

describe('the files of a system', function () {
  this.timeout(60_000);
  let bench: Workbench;

  beforeEach(async () => {
    bench = await Workbench.open();
  });
  afterEach(() => bench.close());

  /** A small system below a folder, with everything that a file system can hold. */
  async function makeSystem(name: string): Promise<string> {
    const root = bench.path(name);
    await mkdir(path.join(root, 'bin'), { recursive: true });
    await mkdir(path.join(root, 'tmp'));
    await copyFile('/bin/busybox', path.join(root, 'bin/busybox'));
    await link(path.join(root, 'bin/busybox'), path.join(root, 'bin/sh'));
    await symlink('/nothing/there', path.join(root, 'dangling'));
    await writeFile(path.join(root, 'empty'), '');
    await writeFile(path.join(root, 'with "quotes"\nand \\'), 'x');
    await writeFile(Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9])]), 'not UTF-8');
    await chmod(path.join(root, 'tmp'), 0o1777);
    await chmod(path.join(root, 'bin/busybox'), 0o4755);
    await run('mkfifo', [path.join(root, 'pipe')]);
    await run('setfattr', ['-n', 'user.note', '-v', '0x00ff0a3d', path.join(root, 'with "quotes"\nand \\')]);
    if (isRoot) {
      await run('mknod', [path.join(root, 'null'), 'c', '1', '3']);
      await run('chown', ['7:4294967294', path.join(root, 'empty')]);
      await run('setfattr', [
        '-n',
        'security.capability',
        '-v',
        '0x0100000200200000000000000000000000000000',
        path.join(root, 'empty'),
      ]);
    }
    return root;
  }

  it('are taken from a folder with modes, owners, links and attributes', async () => {
    const root = await makeSystem('system');
    const image = await bench.resolve('rootfs:system');
    const everywhere = new Set(
      (await describeTree(treeOnDisk(root))).map((line) => JSON.parse(/^"(?:[^"\\]|\\.)*"/.exec(line)![0]) as string),
    );
    const onDisk = await describeTree(treeOnDisk(root), everywhere);
    const ours = (await bench.tree(image)).map((line) =>
      line.replace(/^("(?:[^"\\]|\\.)*" \w+ \d+ [\d:]*) 0 /, '$1  '),
    );
    assert.deepEqual(ours, onDisk);
    assert.ok(ours.some((line) => line.includes('user.note=00ff0a3d')));
    assert.equal(image.config.architecture, 'amd64');
    assert.deepEqual(bench.warnings, []);
  });

  it('are the same image wherever and whenever the same files are', async () => {
    const root = await makeSystem('one');
    await run('cp', ['-a', root, bench.path('two')]);
    await run('cp', ['-a', bench.path('two'), bench.path('three')]);
    await utimes(bench.path('three/empty'), 5, 5);
    const [two, three] = await Promise.all(['rootfs:two', './three'].map((text) => bench.resolve(text)));
    assert.equal(two?.descriptor.digest, three?.descriptor.digest);
  });

  it('lose their attributes where these cannot be read, and that is said', async () => {
    await makeSystem('system');
    const { PATH } = process.env;
    process.env['PATH'] = bench.path('nothing');
    try {
      const image = await bench.resolve('rootfs:system');
      assert.match(bench.warnings.join(), /system: extended attributes.*left out: getfattr is not installed/);
      assert.ok(!(await bench.tree(image)).some((line) => line.includes('user.note')));
    } finally {
      process.env['PATH'] = PATH;
    }
  });

  it('may be named by a link to their folder', async () => {
    await makeSystem('system');
    await symlink('system', bench.path('current'));
    const [direct, linked] = await Promise.all(['rootfs:system', './current'].map((text) => bench.resolve(text)));
    assert.equal(linked?.descriptor.digest, direct?.descriptor.digest);
  });

  it('are read again only when one of them has changed', async () => {
    const root = await makeSystem('system');
    const first = await bench.resolve('rootfs:system');
    await bench.resolve('rootfs:system');
    await chmod(path.join(root, 'empty'), 0o600);
    const second = await bench.resolve('rootfs:system');
    await writeFile(path.join(root, 'bin/more'), 'x');
    await bench.resolve('rootfs:system');
    assert.deepEqual(bench.outcomes, ['done', 'cached', 'done', 'done']);
    assert.notEqual(first.descriptor.digest, second.descriptor.digest);
  });

  it('are taken from a tar in any compression, as docker import takes them', async () => {
    const root = await makeSystem('system');
    const tar = bench.path('system.tar');
    const args = ['--format=pax', '--numeric-owner', '--xattrs', '--xattrs-include=*', '-C', root, '-cf', tar, '.'];
    await run('tar', args);
    await run('sh', ['-c', 'gzip -k system.tar && xz -k system.tar && zstd -q system.tar'], { cwd: bench.folder });
    const plain = await bench.resolve('rootfs:system.tar');
    assert.deepEqual(await bench.tree(plain), await describeTree(treeOnDisk(root)));
    for (const name of ['./system.tar', 'rootfs:system.tar.gz', './system.tar.xz', 'rootfs:system.tar.zst']) {
      assert.equal((await bench.resolve(name)).descriptor.digest, plain.descriptor.digest, name);
    }
    assert.deepEqual(bench.outcomes, ['done', 'cached', 'done', 'done', 'done']);
  });

  it('become one layer that other tools read, and that nobody has to decompress', async () => {
    await makeSystem('system');
    const image = await bench.resolve('rootfs:system');
    const [layer, ...more] = image.manifest.layers;
    assert.deepEqual(more, []);
    assert.equal(layer!.mediaType, 'application/vnd.oci.image.layer.v1.tar');
    assert.deepEqual(image.config.rootfs.diff_ids, [layer!.digest]);
    await bench.store.tag('result', image.descriptor);
    assert.deepEqual(await bench.judgedTree(`oci:${bench.store.directory}:result`), await bench.tree(image));
  });

  it('are for the architecture of the programs among them', async () => {
    const elf = (machine: number): Buffer => {
      const header = Buffer.alloc(64);
      header.write('\x7fELF\x02\x01', 'latin1');
      header.writeUInt16LE(machine, 18);
      return header;
    };
    const firmware = { name: 'lib/firmware/x', data: elf(243) };
    await writeFile(bench.path('arm.tar'), rawTar([firmware, { name: 'usr/bin/x', data: elf(183) }]));
    assert.equal((await bench.resolve('rootfs:arm.tar', { arch: 'arm64' })).config.architecture, 'arm64');
    const refused = await bench.refusal('rootfs:arm.tar');
    assert.equal(refused.code, 'wrong-architecture');
    assert.match(refused.message, /is for arm64, but the system is for amd64/);
    await writeFile(bench.path('script.tar'), rawTar([{ name: 'bin/x', data: '#!/bin/sh\n' }]));
    assert.equal((await bench.resolve('rootfs:script.tar', { arch: 'riscv64' })).config.architecture, 'riscv64');
  });

  it('are refused where they cannot be read', async () => {
    await writeFile(bench.path('text'), 'no archive\n'.repeat(200));
    await writeFile(bench.path('cut.tar'), rawTar([{ name: 'bin/x', data: Buffer.alloc(2000) }]).subarray(0, 1500));
    await writeFile(bench.path('empty.tar'), rawTar([]));
    await mkdir(bench.path('nothing'));
    const messages: Readonly<Record<string, RegExp>> = {
      'rootfs:missing': /there is no file or folder .*missing/,
      'rootfs:text': /text is no tar archive/,
      './text': /text is no tar archive/,
      'rootfs:cut.tar': /cut\.tar is damaged: .*ends in the middle/,
      'rootfs:empty.tar': /empty\.tar holds no files/,
      './nothing': /nothing is no package/,
      './empty.tar': /empty\.tar is no archive of docker save/,
    };
    for (const [text, message] of Object.entries(messages)) {
      const refused = await bench.refusal(text);
      assert.match(refused.message, message);
      assert.deepEqual([refused.kind, refused.at], ['input', bench.at]);
    }
  });

  it('never leave the image, whatever an archive calls them', async () => {
    const hostile = ['../../etc/passwd', '/etc/shadow', 'bin/../../../x'].map((name) => ({ name, data: 'x' }));
    await writeFile(bench.path('hostile.tar'), rawTar(hostile));
    const image = await bench.resolve('rootfs:hostile.tar');
    const names = (await bench.tree(image)).map((line) => line.split(' ')[0]);
    assert.deepEqual(
      names.filter((name) => /\.\./.test(name ?? '')),
      [],
    );
    assert.ok(names.includes('"etc/passwd"') && names.includes('"etc/shadow"'));
  });
});
