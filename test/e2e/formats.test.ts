import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { Slots } from '../../pkg/registry/slots.ts';
import { Guest } from '../support/guest.ts';
import { lkit, root } from '../support/lkit.ts';

const bootTimeoutMs = 120_000;

describe('systems that firmware boots', function () {
  this.timeout(600_000);
  let folder: string;
  let states = 0;
  let checks: ReadonlyMap<string, Promise<void>>;

  const run = (program: string, ...args: readonly string[]) =>
    execa(program, args, { cwd: folder, env: { MTOOLS_SKIP_CHECK: '1' } });

  /** Boots an image to its shell, makes use of it there, and ends it. */
  const boot = async (flags: readonly string[], use: (guest: Guest) => Promise<void>): Promise<void> => {
    const machine = ['-mem', '256', '-cpus', '1', '-state', `state${states++}`, '-timeout', '300s'];
    const guest = new Guest(['qemu', ...machine, ...flags], { cwd: folder });
    try {
      await guest.waitFor(/:~# $/, bootTimeoutMs);
      const { output, exitCode } = await guest.run('service status getty');
      assert.equal(exitCode, 0, output);
      assert.match(output, /running/);
      await use(guest);
    } finally {
      await guest.kill();
    }
  };
  const asItIs = (): Promise<void> => Promise.resolve();

  /** That `/` is the disk itself, of that kind. */
  const rootIs = (type: string) => async (guest: Guest) => {
    const { output } = await guest.run("grep -E '^[^ ]+ / ' /proc/mounts; cat /sys/class/block/vdb/size");
    assert.match(output, new RegExp(`^/dev/vda / ${type} ro[^]*\n16384$`));
  };

  /** What a machine boots, and what is done in it beside asking for its service. */
  const machines: Readonly<Record<string, () => Promise<void>>> = {
    'sd, which keeps its data over a reboot': async () => {
      await boot(['-uefi', '-disk', 'root-erofs.img,format=raw', 'formats-sd.img'], async (guest) => {
        assert.match((await guest.run('grep /var/lib /proc/mounts')).output, /^\/dev\/vda2 \/var\/lib ext4 rw/m);
        assert.equal((await guest.run('echo kept >/var/lib/note; mkdir /var/lib/deep')).exitCode, 0);
        const mount = 'mount -t erofs /dev/vdb /mnt && cmp /mnt/bin/busybox /bin/busybox && ls -l /mnt/bin/sh';
        assert.match((await guest.run(mount)).output, /\/mnt\/bin\/sh -> busybox/);
        guest.type('poweroff\n');
        assert.equal(await guest.ended(), 0, guest.messages);
      });
      await boot(['-uefi', 'formats-sd.img'], async (guest) => {
        assert.match((await guest.run('cat /var/lib/note; ls -d /var/lib/deep')).output, /^kept\n\/var\/lib\/deep$/);
      });
    },
    'raw-efi on arm64': () => boot(['-arch', 'aarch64', 'arm-efi.img'], asItIs),
    'rpi3, by its own kernel, initrd and device tree': async () => {
      for (const name of ['kernel8.img', 'initrd.img', 'bcm2837-rpi-3-b.dtb', 'cmdline.txt']) {
        await run('mcopy', '-n', '-i', 'board-rpi3.img@@1M', `::${name}`, '.');
      }
      const boots = ['-kernel', 'kernel8.img', '-initrd', 'initrd.img', '-dtb', 'bcm2837-rpi-3-b.dtb'];
      const card = ['-drive', 'if=sd,format=raw,file=board-rpi3.img'];
      const cmdline = (await run('cat', 'cmdline.txt')).stdout;
      const board = ['-M', 'raspi3b', '-display', 'none', '-serial', 'stdio', '-no-reboot'];
      const guest = new Guest(
        spawn('qemu-system-aarch64', [...board, ...boots, ...card, '-append', cmdline], { cwd: folder }),
      );
      try {
        await guest.waitFor(/^\[board\] Raspberry Pi 3 Model B\n/m, bootTimeoutMs);
        const read = await guest.waitFor(/^\[board\] (console=.*)\n/m);
        assert.equal(read[1], cmdline);
      } finally {
        await guest.kill();
      }
    },
    'iso-efi': () => boot(['-uefi', 'formats-efi.iso'], asItIs),
    'iso-efi-initrd, through systemd-boot': () => boot(['-uefi', 'formats-efi-initrd.iso'], asItIs),
    'raw-efi': () => boot(['-uefi', 'formats-efi.img'], asItIs),
    'qcow2-efi': () => boot(['-uefi', 'formats-efi.qcow2'], asItIs),
    'uki, signed, on an EFI system partition': async () => {
      const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=test'];
      await run('openssl', ...request, '-keyout', 'key.pem', '-out', 'cert.pem');
      await run('sbsign', '--key', 'key.pem', '--cert', 'cert.pem', '--output', 'BOOTX64.EFI', 'formats.efi');
      await run('mformat', '-C', '-i', 'signed.img', '-T', String(64 * 2048), '::');
      await run('mmd', '-i', 'signed.img', '::EFI', '::EFI/BOOT');
      await run('mcopy', '-i', 'signed.img', 'BOOTX64.EFI', '::EFI/BOOT/BOOTX64.EFI');
      await boot(['-uefi', 'signed.img'], asItIs);
    },
    'iso-bios': () => boot(['formats.iso'], asItIs),
    'raw-bios': () => boot(['formats-bios.img'], asItIs),
    'qcow2-bios': () => boot(['formats.qcow2'], asItIs),
    vhd: () => boot(['formats.vhd'], asItIs),
    'dynamic-vhd': () => boot(['formats-dynamic.vhd'], asItIs),
    vmdk: () => boot(['-qemu-opts', '-snapshot', 'formats.vmdk'], asItIs),
    aws: () => boot(['formats.raw'], asItIs),
    'gcp, unpacked': async () => {
      await run('tar', '-xzSf', 'formats.img.tar.gz');
      await boot(['disk.raw'], asItIs);
    },
    'oci-disk, unpacked': async () => {
      await run('umoci', 'unpack', '--image', 'oci-disk:latest', 'containerdisk');
      await boot(['containerdisk/rootfs/disk/disk.qcow2'], asItIs);
    },
    'kernel+squashfs': () => boot(['-squashfs', '-disk', 'size=8M', 'root'], rootIs('squashfs')),
    'kernel+iso': () => boot(['-iso', '-disk', 'size=8M', 'root'], rootIs('iso9660')),
    // Its kernel starts /sbin/init, as one does that has the drivers built in.
    'kernel+erofs': () => boot(['-kernel', '-disk', 'size=8M', 'direct'], rootIs('erofs')),
  };

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lkit-test-'));
    const build = async (...args: readonly string[]): Promise<void> => {
      const built = await lkit(['build', ...args], { cwd: folder });
      assert.equal(built.exitCode, 0, built.stderr);
    };
    const fixture = (name: string): string => path.join(root, `test/e2e/fixtures/${name}.yml`);
    const disks = ['raw-bios', 'raw-efi', 'qcow2-bios', 'qcow2-efi', 'vhd', 'dynamic-vhd', 'vmdk', 'aws', 'gcp'];
    const others = ['iso-bios', 'iso-efi', 'iso-efi-initrd', 'uki', 'sd', 'oci-disk'];
    await build('--format', [...disks, ...others].join(','), '--data-size', '64M', fixture('formats'));
    await build('--name', 'root', '--format', 'kernel+squashfs,kernel+erofs,kernel+iso', fixture('formats'));
    await writeFile(path.join(folder, 'direct.yml'), 'kernel: {cmdline: "console=ttyS0 quiet init=/sbin/init"}\n');
    await build('--format', 'kernel+erofs', fixture('formats'), 'direct.yml');
    await build('--arch', 'arm64', '--name', 'arm', '--format', 'raw-efi', fixture('formats'));
    // Cards have sizes that are powers of two. The firmware is what QEMU does itself.
    await writeFile(path.join(folder, 'start4.elf'), 'not read');
    await run('mkdir', 'firmware');
    await run('mv', 'start4.elf', 'firmware');
    const board = ['--firmware', `rootfs:${path.join(folder, 'firmware')}`, '--size', '64M'];
    await build('--arch', 'arm64', '--name', 'board', '--format', 'rpi3', ...board, fixture('raspberry-pi'));
    await run('skopeo', 'copy', 'oci-archive:formats-disk.oci.tar', 'oci:oci-disk:latest');

    // Two at a time: the smallest machine that runs the tests has two processors.
    const slots = new Slots(2);
    checks = new Map(Object.entries(machines).map(([name, check]) => [name, slots.run(check)]));
    for (const check of checks.values()) check.catch(() => undefined);
  });

  after(async () => {
    await Promise.allSettled(checks.values());
    await rm(folder, { recursive: true });
  });

  for (const name of Object.keys(machines)) it(`run from ${name}`, () => checks.get(name));
});
