import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type BootFiles, bootFiles, makeBiosIso, makeSquashfs, makeUefiDisk } from '../support/boot-media.ts';
import { Guest } from '../support/guest.ts';
import { lkit, root } from '../support/lkit.ts';

/** Images that other tools made, booted as lkit's own are. */
describe('boot media', function () {
  this.timeout(180_000);
  let folder: string;
  let files: BootFiles;
  const file = (name: string): string => path.join(folder, name);

  /** Boots with these flags until the console matches. */
  async function boot(flags: readonly string[], pattern: RegExp): Promise<RegExpExecArray> {
    const guest = new Guest(['qemu', '-mem', '384', '-timeout', '170s', ...flags], { cwd: folder });
    try {
      return await guest.waitFor(pattern, 170_000);
    } finally {
      await guest.kill();
    }
  }
  const greeting = /\[hello_world\] Hello/;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lkit-test-'));
    const fixture = path.join(root, 'test/e2e/fixtures/media.yml');
    for (const flags of [[], ['--arch', 'arm64', '--name', 'arm']]) {
      const built = await lkit(['build', '-q', '--no-lock', ...flags, fixture], { cwd: folder });
      assert.equal(built.exitCode, 0, built.stderr);
    }
    files = await bootFiles(folder, 'media');
  });

  after(async () => {
    await rm(folder, { recursive: true });
  });

  it('an ISO boots through the BIOS, by its prefix alone', async () => {
    await makeBiosIso(file('disc.iso'), files);
    await boot(['disc'], greeting);
  });

  it('a qcow2 disk boots through the BIOS', async () => {
    await promisify(execFile)('qemu-img', ['convert', '-O', 'qcow2', file('disc.iso'), file('disk.qcow2')]);
    await boot(['disk.qcow2'], greeting);
  });

  it('a raw disk boots through UEFI, when its name says so or the flags do', async () => {
    await makeUefiDisk(file('raw-efi.img'), files);
    const plan = await lkit(['run', '-dry-run', 'raw'], { cwd: folder });
    assert.match(plan.stdout, / if=pflash,\S+\.fd .*raw-efi\.img,format=raw/);
    await copyFile(file('raw-efi.img'), file('raw.img'));
    await boot(['-uefi', 'raw.img'], greeting);
  });

  it('a kernel boots from a squashfs disk', async () => {
    const init = 'busybox mount -t proc proc /proc\nbusybox grep " / " /proc/mounts\nbusybox poweroff -f\n';
    await makeSquashfs(file('small'), files, init);
    await copyFile(file('media-kernel'), file('small-kernel'));
    await copyFile(file('media-cmdline'), file('small-cmdline'));
    await boot(['-disk', 'size=8M', 'small'], /^\/dev\/root \/ squashfs ro|^\/dev\/vda \/ squashfs ro/m);
  });

  it('an arm64 kernel boots through UEFI', async () => {
    await boot(['-uefi', 'arm'], greeting);
  });
});
