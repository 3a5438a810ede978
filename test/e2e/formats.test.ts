import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Guest } from '../support/guest.ts';
import { lkit, root } from '../support/lkit.ts';

const bootTimeoutMs = 120_000;

describe('systems that firmware boots', function () {
  this.timeout(400_000);
  let folder: string;

  const boot = (image: string, ...args: readonly string[]): Guest => {
    const state = `state-${path.basename(image)}`;
    return new Guest(['qemu', '-mem', '384', '-state', state, '-timeout', '150s', ...args, image], { cwd: folder });
  };

  /** Boots two images side by side: the smallest machine that runs the tests has two processors. */
  const bootBoth = async (...machines: readonly (readonly [Guest, (guest: Guest) => Promise<void>])[]) => {
    try {
      await Promise.all(
        machines.map(async ([guest, use]) => {
          await guest.waitFor(/:~# $/, bootTimeoutMs);
          await use(guest);
        }),
      );
    } finally {
      await Promise.all(machines.map(([guest]) => guest.kill()));
    }
  };

  const hasRunningService = async (guest: Guest): Promise<void> => {
    const { output, exitCode } = await guest.run('service status getty');
    assert.equal(exitCode, 0, output);
    assert.match(output, /running/);
  };

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lkit-test-'));
    const build = async (...args: readonly string[]): Promise<void> => {
      const built = await lkit(['build', ...args], { cwd: folder });
      assert.equal(built.exitCode, 0, built.stderr);
    };
    const yaml = path.join(root, 'test/e2e/fixtures/formats.yml');
    const formats = ['iso-bios', 'iso-efi', 'iso-efi-initrd', 'raw-bios', 'raw-efi', 'qcow2-bios', 'qcow2-efi', 'sd'];
    await build('--format', [...formats, 'kernel+erofs'].join(','), '--data-size', '64M', yaml);
    await build('--arch', 'arm64', '--name', 'arm', '--format', 'raw-efi', yaml);
  });

  after(() => rm(folder, { recursive: true }));

  it('run from a CD: through a BIOS, and through UEFI', async () => {
    await bootBoth([boot('formats.iso'), hasRunningService], [boot('formats-efi.iso', '-uefi'), hasRunningService]);
  });

  it('run from a CD through systemd-boot, and from a disk through a BIOS', async () => {
    const cd = boot('formats-efi-initrd.iso', '-uefi');
    await bootBoth([cd, hasRunningService], [boot('formats-bios.img'), hasRunningService]);
  });

  it('run from qcow2, through a BIOS and through UEFI', async () => {
    const efi = boot('formats-efi.qcow2', '-uefi');
    await bootBoth([boot('formats.qcow2'), hasRunningService], [efi, hasRunningService]);
  });

  it('run from an sd image, and on arm64 from a disk', async () => {
    const sd = boot('formats-sd.img', '-uefi', '-disk', 'formats-erofs.img,format=raw');
    const useSd = async (guest: Guest): Promise<void> => {
      await hasRunningService(guest);
      assert.match((await guest.run('grep /var/lib /proc/mounts')).output, /^\/dev\/vda2 \/var\/lib ext4 rw/m);
      assert.equal((await guest.run('echo kept >/var/lib/note; mkdir /var/lib/deep')).exitCode, 0);
      const mount = 'mount -t erofs /dev/vdb /mnt && cmp /mnt/bin/busybox /bin/busybox && ls -l /mnt/bin/sh';
      assert.match((await guest.run(mount)).output, /\/mnt\/bin\/sh -> busybox/);
      guest.type('poweroff\n');
      assert.equal(await guest.ended(), 0, guest.messages);
    };
    await bootBoth([sd, useSd], [boot('arm-efi.img', '-arch', 'aarch64'), hasRunningService]);
  });

  it('find again what they wrote to the data partition of sd; run from a disk through UEFI', async () => {
    const useSd = async (guest: Guest): Promise<void> => {
      assert.match((await guest.run('cat /var/lib/note; ls -d /var/lib/deep')).output, /^kept\n\/var\/lib\/deep$/);
    };
    const efi = boot('formats-efi.img', '-uefi');
    await bootBoth([boot('formats-sd.img', '-uefi'), useSd], [efi, hasRunningService]);
  });
});
