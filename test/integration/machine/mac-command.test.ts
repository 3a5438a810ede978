import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { kernelFormatFor } from '../../../cmd/lkit/arch.ts';
import { splitWords } from '../../../pkg/machine/index.ts';
import { type FakeGuest, writeFakeHyperkit, writeFakeVpnkit } from '../../support/fake-hyperkit.ts';
import { writeFakeVfkit } from '../../support/fake-vfkit.ts';
import { arm64ImageHead, bzImageHead } from '../../support/kernels.ts';
import { lkit, root, withTempDir } from '../../support/lkit.ts';
import { appleMac, intelMac } from './macs.ts';

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Place {
  /** Has the images `intel` and `apple`. */
  readonly images: string;
  /** `lkit run …` on a Mac whose only programs are the fakes. */
  readonly onMac: (args: readonly string[], input?: string) => Promise<Finished>;
  /** `lkit run …` here. */
  readonly here: (args: readonly string[]) => Promise<Finished>;
}

async function withMac(guest: FakeGuest, use: (place: Place) => Promise<void>): Promise<void> {
  await withTempDir(async (folder) => {
    const [programs, images] = [path.join(folder, 'bin'), path.join(folder, 'it has blanks')];
    await Promise.all([mkdir(programs), mkdir(images)]);
    await writeFakeHyperkit(programs, guest);
    await writeFakeVpnkit(programs);
    await writeFakeVfkit(programs, { says: guest.says ?? '' });
    for (const [name, kernel] of [
      ['intel', bzImageHead()],
      ['apple', arm64ImageHead()],
    ] as const) {
      await writeFile(path.join(images, `${name}-kernel`), kernel);
      await writeFile(path.join(images, `${name}-initrd.img`), '');
      await writeFile(path.join(images, `${name}-cmdline`), "console=ttyS0 it's\n");
    }
    const run = (program: string) => (args: readonly string[], input?: string) => {
      const tsx = path.join(root, 'node_modules/tsx/dist/esm/index.mjs');
      const file = path.join(root, 'test/integration/machine', program);
      const env = { ...process.env, PATH: `${programs}:${process.env['PATH'] ?? ''}`, HOME: folder };
      return new Promise<Finished>((resolve) => {
        const child = execFile(
          process.execPath,
          ['--import', tsx, file, 'run', ...args],
          { cwd: images, env },
          (_, stdout, stderr) => {
            resolve({ code: child.exitCode ?? -1, stdout, stderr });
          },
        );
        child.stdin?.end(input);
      });
    };
    await use({ images, onMac: run('run-on-mac.ts'), here: run('run-only.ts') });
  });
}

describe('machine: lkit run on a Mac', function () {
  this.timeout(20_000);

  it("prints, with -dry-run, hyperkit's and vpnkit's command lines for a shell, and leaves no trace", async () => {
    await withMac({}, async ({ images, onMac }) => {
      const before = await readdir(images);
      const uuid = '11111111-2222-3333-4444-555555555555';
      const flags = ['-cpus', '2', '-mem', '2G', '-disk', 'size=1G', '-networking', 'vpnkit', '-ip', '192.168.65.9'];
      const { code, stdout } = await onMac([
        'hyperkit',
        '-dry-run',
        ...flags,
        '-vsock-ports',
        '7',
        '-vpnkit-uuid',
        uuid,
        'intel',
      ]);
      assert.equal(code, 0);
      const [vpnkit = '', hyperkit = ''] = stdout.trimEnd().split('\n');
      assert.match(vpnkit, /\/vpnkit --ethernet .*vpnkit_eth\.sock.* &$/);
      const words = splitWords(hyperkit);
      assert.match(words[0] ?? '', /\/bin\/hyperkit$/);
      assert.deepEqual(words.slice(5, 9), ['-c', '2', '-m', '2048M']);
      assert.ok(words.includes(`2:0,virtio-blk,${path.join(images, 'intel-state/disk.raw')}`));
      assert.ok(words.some((word) => word.endsWith(`,uuid=${uuid},preferred_ipv4=192.168.65.9`)));
      assert.ok(words.some((word) => word.endsWith(';62373') && word.includes('guest_forwards=7')));
      assert.ok(words.at(-1)?.endsWith("-initrd.img,earlyprintk=serial console=ttyS0 it's"));
      assert.deepEqual(await readdir(images), before);
    });
  });

  it('boots an image under hyperkit, makes its disks, and ends with it', async () => {
    await withMac({ says: 'login: ' }, async ({ images, onMac }) => {
      const flags = ['-networking', 'none', '-disk', 'size=1G', '-disk', 'more.qcow2,size=1M'];
      const { code, stdout, stderr } = await onMac(['hyperkit', ...flags, 'intel'], 'off\n');
      assert.equal(code, 0, stderr);
      assert.equal(stdout, 'login: off\n');
      const disk = await stat(path.join(images, 'intel-state/disk.raw'));
      assert.equal(disk.size, 2 ** 30);
      assert.ok(disk.blocks < 100, 'a sparse file');
      assert.equal((await readFile(path.join(images, 'more.qcow2'))).toString('latin1', 0, 4), 'QFI\xfb');
    });
  });

  it('boots what lkit builds for it, as a Mac does by itself, and refuses an ELF kernel with the way to another', async function () {
    this.timeout(60_000);
    await withMac({ then: 'powers-off' }, async ({ images, onMac }) => {
      const yaml = ['kernel: {image: pkg:kernel, modules: []}', 'init: [pkg:init]', ''].join('\n');
      await writeFile(path.join(images, 'small.yml'), yaml);
      const [elf, bzImage] = [kernelFormatFor({ platform: 'linux', arch: 'x64' }), kernelFormatFor(intelMac)];
      assert.deepEqual([elf, bzImage, kernelFormatFor(appleMac)], ['elf', 'bzimage', 'elf']);
      for (const format of [elf, bzImage]) {
        const flags = ['--no-lock', '--arch', 'amd64', '--name', format, '--kernel-format', format];
        const { exitCode, stderr } = await lkit(['build', ...flags, 'small.yml'], { cwd: images });
        assert.equal(exitCode, 0, stderr);
      }
      const started = await onMac(['hyperkit', '-networking', 'none', bzImage]);
      assert.equal(started.code, 0, started.stderr);
      const refused = await onMac(['hyperkit', '-networking', 'none', elf]);
      assert.match(
        refused.stderr,
        /hyperkit boots a bzImage, which .*elf-kernel is not\n.*--kernel-format bzimage elf\.yml/,
      );
      assert.equal(refused.code, 2);
    });
  });

  it('boots from a squashfs disk under hyperkit', async () => {
    await withMac({ then: 'powers-off' }, async ({ images, onMac }) => {
      await writeFile(path.join(images, 'intel-squashfs.img'), 'hsqs');
      const { code, stderr } = await onMac(['hyperkit', '-networking', 'none', '-squashfs', 'intel']);
      assert.equal(code, 0, stderr);
      const dry = await onMac(['hyperkit', '-networking', 'none', '-squashfs', '-dry-run', 'intel']);
      assert.match(dry.stdout, /1:0,virtio-blk,[^,]*intel-squashfs\.img,ro/);
      assert.match(dry.stdout, /kexec,[^,]*intel-kernel,,.* root=\/dev\/vda/);
    });
  });

  it('boots an ISO image under hyperkit through UEFI', async () => {
    await withMac({ then: 'powers-off' }, async ({ images, onMac }) => {
      await writeFile(path.join(images, 'installer.iso'), 'iso');
      await writeFile(path.join(images, 'UEFI.fd'), 'rom');
      const none = ['hyperkit', '-networking', 'none', '-iso'];
      const started = await onMac([...none, '-uefi', '-fw', 'UEFI.fd', 'installer']);
      assert.equal(started.code, 0, started.stderr);
      const refused = await onMac([...none, 'installer']);
      assert.equal(refused.code, 2);
      assert.match(refused.stderr, /through UEFI only\n.*-uefi/);
    });
  });

  it('boots an image under vfkit, makes its disks, and ends with it', async () => {
    await withMac({ says: 'login: ' }, async ({ images, onMac }) => {
      const { code, stdout, stderr } = await onMac(['vfkit', '-disk', 'size=1G', 'apple'], 'off\n');
      assert.equal(code, 0, stderr);
      assert.ok(stdout.startsWith('login: '));
      assert.equal((await stat(path.join(images, 'apple-state/disk.raw'))).size, 2 ** 30);
      await writeFile(path.join(images, 'installer.iso'), 'iso');
      const shared = await onMac(['vfkit', '-dry-run', '-kernel', '-virtiofs', '.', 'apple']);
      assert.match(shared.stdout, /virtio-fs,sharedDir=[^,]*,mountTag=virtiofs0/);
      const dry = await onMac(['vfkit', '-dry-run', '-networking', 'none', 'installer.iso']);
      assert.equal(dry.code, 0, dry.stderr);
      assert.match(dry.stdout, /--bootloader '?efi,/);
    });
  });

  for (const [args, code, message] of [
    [['hyperkit', '-networking', 'user', 'intel'], 2, /not a kind of network of hyperkit\n.*docker-for-mac/],
    [['hyperkit', '-networking', 'none', '-publish', '8080:80', 'intel'], 2, /-publish needs.*\n.*-networking vpnkit/],
    [['hyperkit', 'intel'], 1, /Docker Desktop has no network socket.*\n.*-networking vpnkit/],
    [['vfkit', '-networking', 'user', 'apple'], 2, /not a kind of network of vfkit/],
  ] as const) {
    it(`refuses ${args.join(' ')} with exit code ${code}`, async () => {
      await withMac({}, async ({ onMac }) => {
        const { code: found, stderr } = await onMac(args);
        assert.match(stderr, message);
        assert.equal(found, code);
      });
    });
  }

  it('fails with exit code 1 when the kernel panics', async () => {
    await withMac({ says: 'Kernel panic - not syncing: no init\r\n', then: 'resets' }, async ({ onMac }) => {
      const { code, stderr } = await onMac(['hyperkit', '-networking', 'none', 'intel']);
      assert.equal(code, 1);
      assert.match(stderr, /gave up: .*no init/);
    });
  });

  it('names QEMU where there is no such hypervisor', async () => {
    await withMac({}, async ({ here }) => {
      for (const [backend, image] of [
        ['hyperkit', 'intel'],
        ['vfkit', 'apple'],
      ] as const) {
        const { code, stderr } = await here([backend, image]);
        assert.equal(code, 1);
        assert.match(stderr, new RegExp(`${backend} runs on Macs .*only; this host is .*\\n.*lkit run qemu ${image}`));
      }
    });
  });
});
