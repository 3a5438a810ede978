import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { PackageURL } from 'packageurl-js';
import { sha256 } from '../../../pkg/image/index.ts';
import type { Lock } from '../../../pkg/lock/index.ts';
import type { SpdxDocument } from '../../../pkg/sbom/index.ts';
import { type Finished, lkit, withTempDir } from '../../support/lkit.ts';
import { checkSpdx } from '../../support/spdx.ts';
import { rawTar } from '../../unit/archive/raw-tar.ts';
import { writeSmallSystem } from '../cache/small-system.ts';
import { writeLayout } from '../image/oci-layout.ts';

interface System {
  readonly folder: string;
  readonly build: (...args: readonly string[]) => Promise<Finished>;
  readonly bill: (name?: string) => Promise<SpdxDocument>;
}

/** A folder with a small system of a cache of its own, in which `web` is a Debian system: this host's database. */
async function withSystem(use: (system: System) => Promise<void>): Promise<void> {
  await withTempDir(async (folder) => {
    await writeSmallSystem(folder);
    const database = await readFile('/var/lib/dpkg/status');
    const layers = [
      rawTar([{ name: 'etc/os-release', data: 'ID=debian\nVERSION_ID="12"\n' }]),
      rawTar([{ name: 'var/lib/dpkg/status', data: database }]),
    ];
    await writeLayout(path.join(folder, 'web'), layers, { config: { Cmd: ['/bin/web'] } });
    const build = async (...args: readonly string[]): Promise<Finished> => {
      const env = { LKIT_CACHE: path.join(folder, 'cache') };
      const finished = await lkit(['build', ...args, 'small.yml'], { cwd: folder, env });
      assert.equal(finished.exitCode, 0, finished.stderr);
      return finished;
    };
    await use({ folder, build, bill: (name = 'small') => readBill(path.join(folder, `${name}.spdx.json`)) });
  });
}

async function readBill(file: string): Promise<SpdxDocument> {
  return JSON.parse(await readFile(file, 'utf8')) as SpdxDocument;
}

/** The file of that path in an initrd, which may be several archives, compressed or not. */
async function fileInInitrd(initrd: string, name: string): Promise<string> {
  const all = await readFile(initrd);
  // The last archive of a packed one is not compressed, and begins with the list that stage-0 reads.
  const list = all.indexOf('lkit/layout\0');
  const input = list < 0 ? all : all.subarray(all.lastIndexOf('070701', list));
  const script = `mkdir root && cd root
    ${list < 0 ? 'gzip -dc' : 'cat'} >../all.cpio
    while cpio -idm --quiet; do :; done <../all.cpio 2>/dev/null
    cat "$1"`;
  const { stdout } = await execa('sh', ['-c', script, 'sh', name], { cwd: path.dirname(initrd), input });
  return `${stdout}\n`;
}

/** Gives a small system a kernel, in two forms, and what the kernel starts. */
async function addKernel(folder: string): Promise<void> {
  const kernel = [
    { name: 'kernel', data: 'compressed' },
    { name: 'vmlinux', data: 'ELF' },
  ];
  await writeLayout(path.join(folder, 'kernel'), [rawTar(kernel)], {});
  await writeLayout(path.join(folder, 'start'), [rawTar([{ name: 'init', data: '#!/bin/sh\n', mode: 0o755 }])], {});
  const yaml = await readFile(path.join(folder, 'small.yml'), 'utf8');
  const started = yaml.replace('oci:init', 'oci:init, oci:start');
  await writeFile(path.join(folder, 'small.yml'), `kernel: {image: oci:kernel, cmdline: quiet}\n${started}`);
}

describe('lkit build --sbom', function () {
  this.timeout(120_000);

  it('lists exactly the packages that dpkg finds in an image', async () => {
    await withSystem(async ({ build, bill }) => {
      await build('--sbom');
      const document = await bill();
      checkSpdx(document);
      const format = '${db:Status-Status} ${Package} ${Version} ${Architecture}\n';
      const { stdout } = await execa('dpkg-query', ['--show', `--showformat=${format}`]);
      const installed = stdout.split('\n').filter((line) => line.startsWith('installed '));
      const listed = document.packages.flatMap(({ externalRefs = [] }) =>
        externalRefs.map(({ referenceLocator }) => PackageURL.fromString(referenceLocator)),
      );
      assert.deepEqual(
        listed.map(({ name, version, qualifiers }) => `installed ${name} ${version} ${qualifiers?.['arch']}`).sort(),
        installed.sort(),
      );
      assert.ok(listed.every(({ qualifiers }) => qualifiers?.['distro'] === 'debian-12'));
      assert.equal(document.creationInfo.created, '1970-01-01T00:00:00Z');
    });
  });

  it('names the images of the lock by digest, and the files that lkit wrote with their checksums', async () => {
    await withSystem(async ({ folder, build, bill }) => {
      const yaml = await readFile(path.join(folder, 'small.yml'), 'utf8');
      await writeFile(path.join(folder, 'note'), 'from the host\n');
      const files = 'files:\n  - {path: etc/motd, contents: hello}\n  - {path: etc/note, source: note}\n';
      await writeFile(path.join(folder, 'small.yml'), yaml + files);
      await build('--sbom');
      const document = await bill();
      const lock = JSON.parse(await readFile(path.join(folder, 'small.lock.json'), 'utf8')) as Lock;
      for (const { image, digest } of lock.images) {
        assert.equal(document.packages.find(({ versionInfo }) => versionInfo === digest)?.name, image);
      }
      const checksum = (name: string): string | undefined =>
        document.files.find(({ fileName }) => fileName === name)?.checksums[1]?.checksumValue;
      assert.equal(`sha256:${checksum('./etc/motd')}`, sha256(Buffer.from('hello')));
      assert.equal(`sha256:${checksum('./etc/note')}`, sha256(Buffer.from('from the host\n')));
      assert.ok(checksum('./containers/services/web/config.json'));
      assert.ok(checksum('./stage0.cpio'));
    });
  });

  it('lists of what starts the system that which the formats hold', async () => {
    await withSystem(async ({ folder, build, bill }) => {
      await addKernel(folder);
      /** Checksums by name. */
      const starting = async (...args: readonly string[]): Promise<Readonly<Record<string, string | undefined>>> => {
        await build('--sbom', ...args);
        const { files } = await bill();
        const named = files.filter(({ fileName }) => /kernel|cmdline|stage0/.test(fileName));
        return Object.fromEntries(named.map(({ fileName, checksums }) => [fileName, checksums[1]?.checksumValue]));
      };
      const hex = (text: string): string => sha256(Buffer.from(text)).slice('sha256:'.length);
      const [direct, loaded, cmdline] = [hex('ELF'), hex('compressed'), hex('quiet')];
      const { './stage0.cpio': stage0, ...usual } = await starting();
      assert.ok(stage0);
      assert.deepEqual(usual, { './small-kernel': direct, './small-cmdline': cmdline });
      assert.deepEqual(await starting('--format', 'kernel+squashfs'), usual);
      const tar = { './boot/kernel': loaded, './boot/cmdline': cmdline };
      assert.deepEqual(await starting('--format', 'tar'), tar);
      const both = { ...tar, './kernel': loaded, './cmdline': cmdline, './stage0.cpio': stage0 };
      assert.deepEqual(await starting('--format', 'tar-kernel-initrd,tar'), both);
    });
  });

  it('is beside the file that the output goes to, and in the folder of --dir for a pipe', async () => {
    await withSystem(async ({ folder, build, bill }) => {
      await addKernel(folder);
      await mkdir(path.join(folder, 'images'));
      await build('--sbom', '--format', 'tar', '-o', 'images/system.tar');
      checkSpdx(await bill('images/small'));
      await assert.rejects(bill(), { code: 'ENOENT' });
      await build('--sbom', '--format', 'tar', '-o', '-', '--dir', 'bills');
      checkSpdx(await bill('bills/small'));
    });
  });

  it('is the same in another folder, from an empty cache; SOURCE_DATE_EPOCH dates it', async () => {
    await withSystem(async ({ folder, build, bill }) => {
      await build('--sbom');
      const before = await readFile(path.join(folder, 'small.spdx.json'), 'utf8');
      await withTempDir(async (other) => {
        await execa('cp', ['-r', 'init', 'web', 'small.yml', other], { cwd: folder });
        const env = { LKIT_CACHE: path.join(other, 'cache') };
        await lkit(['build', '--sbom', '--dir', 'out', 'small.yml'], { cwd: other, env });
        assert.equal(await readFile(path.join(other, 'out/small.spdx.json'), 'utf8'), before);
        await lkit(['build', '--sbom', 'small.yml'], { cwd: other, env: { ...env, SOURCE_DATE_EPOCH: '1700000000' } });
        assert.equal(
          (await readBill(path.join(other, 'small.spdx.json'))).creationInfo.created,
          '2023-11-14T22:13:20Z',
        );
      });
      await build('--sbom', '--name', 'again');
      assert.deepEqual((await bill('again')).packages.slice(1), (await bill()).packages.slice(1));
    });
  });

  it('is written only when it is asked for, and reads an image once', async () => {
    await withSystem(async ({ folder, build }) => {
      await build();
      assert.ok(!(await readdir(folder)).includes('small.spdx.json'));
      await build('--sbom');
      const derived = path.join(folder, 'cache/derived/packages');
      assert.equal((await readdir(derived)).length, 2);
      await execa('sh', ['-c', 'for f in *; do echo \'{"packages":[]}\' >$f; done'], { cwd: derived });
      await build('--sbom');
      const { packages } = await readBill(path.join(folder, 'small.spdx.json'));
      assert.equal(packages.length, 3);
    });
  });

  for (const [layout, place] of Object.entries({ packed: 'lkit/root/usr/share/sbom', flat: 'usr/share/sbom' })) {
    it(`may be in the image as well: ${layout}`, async () => {
      await withTempDir(async (folder) => {
        await writeFile(path.join(folder, 'a.yml'), 'init: [pkg:init]\n');
        const built = await lkit(['build', '--sbom-in-image', '--layout', layout, 'a.yml'], { cwd: folder });
        assert.equal(built.exitCode, 0, built.stderr);
        const inside = await fileInInitrd(path.join(folder, 'a-initrd.img'), `${place}/a.spdx.json`);
        assert.equal(inside, await readFile(path.join(folder, 'a.spdx.json'), 'utf8'));
      });
    });
  }

  it('has each .deb that an image was made of, with its version and checksum', async () => {
    await withTempDir(async (folder) => {
      await writeFile(path.join(folder, 'a.yml'), 'init: [pkg:init, pkg:crun]\n');
      const built = await lkit(['build', '--sbom', 'a.yml'], { cwd: folder });
      assert.equal(built.exitCode, 0, built.stderr);
      const document = await readBill(path.join(folder, 'a.spdx.json'));
      checkSpdx(document);
      const debs = document.packages.filter(({ checksums, versionInfo }) => checksums && !/^sha256/.test(versionInfo!));
      assert.ok(debs.length >= 10);
      const cache = (await lkit(['cache', 'path'])).stdout.trim();
      for (const { name, versionInfo, checksums } of debs) {
        const file = path.join(cache, 'blobs/sha256', checksums![0]!.checksumValue);
        const { stdout } = await execa('dpkg-deb', ['--show', '--showformat=${Package} ${Version}', file]);
        assert.equal(stdout, `${name} ${versionInfo}`);
      }
    });
  });
});
