import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { formats } from '../../../../pkg/output/formats/catalog.ts';
import { lkit } from '../../../support/lkit.ts';
import { PrivateRegistry, skopeo } from '../../../support/registry.ts';
import { kernel, writeSmallDiskSystem } from '../../../support/small-disk-system.ts';

const ofArch = (arch: 'amd64' | 'arm64'): readonly string[] =>
  Object.entries(formats).flatMap(([name, { on }]) => (arch in on ? [name] : []));

const bytesPerMiB = 1 << 20;

describe('every output format', function () {
  this.timeout(240_000);
  let folder: string;
  let out: string;

  const inOut = async (program: string, ...args: readonly string[]): Promise<string> => {
    const { stdout } = await execa(program, args, { cwd: out, env: { MTOOLS_SKIP_CHECK: '1' } });
    return stdout;
  };

  const build = async (where: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const built = await lkit(['build', '--dir', path.join(folder, where), ...args], { cwd: folder, env });
    assert.equal(built.exitCode, 0, built.stderr);
    return built;
  };

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lkit-test-'));
    out = path.join(folder, 'out');
    await writeSmallDiskSystem(folder);
    const all = ['--format', ofArch('amd64').join(','), '--data-size', '16M', 'small.yml'];
    await build('out', all);
    await build('other/folder', all, { TZ: 'Asia/Tokyo' });
    const arm = ['--arch', 'arm64', '--name', 'arm', '--firmware', 'rootfs:./firmware', '--data-size', '16M'];
    const allOfArm = [...arm, '--format', ofArch('arm64').join(','), 'small.yml'];
    await build('out', allOfArm);
    await build('other/folder', allOfArm, { TZ: 'Asia/Tokyo' });
  });

  after(() => rm(folder, { recursive: true }));

  it('writes the files that it says', async () => {
    const expected = (name: string, arch: 'amd64' | 'arm64'): readonly string[] =>
      ofArch(arch).flatMap((format) => formats[format as keyof typeof formats].files.map((suffix) => name + suffix));
    const names = [...expected('small', 'amd64'), ...expected('arm', 'arm64'), 'arm.lock.json', 'small.lock.json'];
    assert.deepEqual((await readdir(out)).sort(), [...new Set(names)].sort());
  });

  it('is the same bytes in another folder and time zone, some seconds later', async () => {
    const digest = async (file: string): Promise<string> =>
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex');
    const names = await readdir(path.join(folder, 'other/folder'));
    assert.deepEqual(names.sort(), (await readdir(out)).sort());
    for (const name of names) {
      assert.equal(await digest(path.join(folder, 'other/folder', name)), await digest(path.join(out, name)), name);
    }
  });

  it('leaves the holes of disk images empty', async () => {
    for (const name of ['small-bios.img', 'small-efi.img', 'small.raw', 'small-sd.img', 'arm-rpi3.img']) {
      const { size, blocks } = await stat(path.join(out, name));
      assert.ok(blocks * 512 < size / 2, `${name}: ${blocks * 512} of ${size} bytes take space`);
    }
  });

  it('has a partition table that sgdisk finds no fault with, or an MBR with one active FAT partition', async () => {
    for (const name of ['small-efi.img', 'arm-efi.img', 'small-sd.img', 'arm-sd.img']) {
      assert.match(await inOut('sgdisk', '-v', name), /No problems found/, name);
    }
    assert.match(
      await inOut('sgdisk', '-p', 'small-sd.img'),
      / 1 .* EF00 +EFI system\n +2 .* 16\.0 MiB +8300 +lkit-data/,
    );
    for (const name of ['small-bios.img', 'arm-rpi3.img']) {
      assert.match(await inOut('sfdisk', '-d', name), /start= +2048, size= +\d+, type=c, bootable$/m, name);
    }
  });

  for (const [image, files] of Object.entries({
    'small-bios.img': ['/initrd.img', '/kernel', '/ldlinux.c32', '/ldlinux.sys', '/syslinux.cfg'],
    'small-efi.img': ['/EFI/BOOT/BOOTX64.EFI'],
    'small-sd.img': ['/EFI/BOOT/BOOTX64.EFI'],
    'arm-efi.img': ['/EFI/BOOT/BOOTAA64.EFI'],
    'arm-rpi3.img': [
      ...['/bootcode.bin', '/cmdline.txt', '/config.txt', '/initrd.img', '/kernel8.img', '/overlays/uart.dtbo'],
      '/start4.elf',
    ],
  })) {
    it(`has a boot partition in ${image} that fsck finds no fault with, and in it what boots`, async () => {
      const partition = `${image}.partition`;
      const { length } = files;
      const table = JSON.parse(await inOut('sfdisk', '-J', image)) as {
        partitiontable: { partitions: { start: number; size: number }[] };
      };
      const { start, size } = table.partitiontable.partitions[0]!;
      await inOut('dd', `if=${image}`, `of=${partition}`, 'bs=512', `skip=${start}`, `count=${size}`, 'conv=sparse');
      await inOut('fsck.vfat', '-n', partition);
      const found = (await inOut('mdir', '-/', '-a', '-b', '-i', partition, '::')).split('\n');
      const plain = found.map((name) => name.replace('::', '')).filter((name) => !name.endsWith('/'));
      assert.deepEqual(plain.sort(), [...files], `${length} files`);
      await rm(path.join(out, partition));
    });
  }

  it('has a data partition in sd that e2fsck finds no fault with', async () => {
    await inOut('dd', 'if=small-sd.img', 'of=data', 'bs=1M', 'skip=35', 'count=16');
    await inOut('e2fsck', '-fn', 'data');
    assert.match(await inOut('blkid', '-p', 'data'), /LABEL="lkit-data" UUID="[0-9a-f]{8}-.* TYPE="ext4"/);
    await rm(path.join(out, 'data'));
  });

  it('has in every converted disk the bytes of the raw one', async () => {
    const converted = {
      'small.qcow2': ['qcow2', 'small-bios.img'],
      'small-efi.qcow2': ['qcow2', 'small-efi.img'],
      'small-dynamic.vhd': ['vpc', 'small-bios.img'],
      'small.vhd': ['vpc', 'small-bios.img'],
      'small.vmdk': ['vmdk', 'small-bios.img'],
      'small.raw': ['raw', 'small-bios.img'],
      'arm-efi.qcow2': ['qcow2', 'arm-efi.img'],
      'arm.vmdk': ['vmdk', 'arm-efi.img'],
    };
    for (const [file, [format = '', raw = '']] of Object.entries(converted)) {
      assert.match(await inOut('qemu-img', 'compare', '-f', format, '-F', 'raw', file, raw), /identical/, file);
    }
    for (const file of ['small.qcow2', 'small.vmdk', 'small-efi.qcow2']) {
      assert.match(await inOut('qemu-img', 'check', file), /No errors/, file);
    }
    assert.match(await inOut('qemu-img', 'info', 'small.vmdk'), /create type: streamOptimized/);
  });

  it('has a checksum in the footers of VHDs that is right', async () => {
    for (const name of ['small.vhd', 'small-dynamic.vhd']) {
      const footer = (await readFile(path.join(out, name))).subarray(-512);
      assert.equal(footer.toString('latin1', 0, 8), 'conectix');
      const checksum = footer.readUInt32BE(64);
      const sum = footer.reduce((total, byte, at) => total + (at >= 64 && at < 68 ? 0 : byte), 0);
      assert.equal(checksum, ~sum >>> 0, name);
    }
  });

  it('has ISO images that boot the way that they are named for, and carry the kernel', async () => {
    const report = (name: string) =>
      inOut('xorriso', '-indev', name, '-report_el_torito', 'plain', '-report_system_area', 'plain');
    const bios = await report('small.iso');
    assert.match(bios, /boot img : +1 +BIOS +y +none/);
    assert.match(bios, /isohybrid/);
    for (const name of ['small-efi.iso', 'small-efi-initrd.iso', 'arm-efi.iso']) {
      assert.match(await report(name), /boot img : +1 +UEFI +y +none[^]*GPT/, name);
    }
    const { stdout } = await execa('bsdtar', ['-xOf', 'small.iso', 'kernel'], { cwd: out, encoding: 'buffer' });
    assert.deepEqual(Buffer.from(stdout), kernel);
    await inOut('bsdtar', '-xf', 'small-efi-initrd.iso', 'efi.img');
    assert.match(await inOut('mtype', '-i', 'efi.img', '::loader/entries/lkit.conf'), /^options console=ttyS0 quiet/m);
    await rm(path.join(out, 'efi.img'));
  });

  it('has an EFI program that can be signed, with kernel, initrd and command line in it', async () => {
    const [key, certificate] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=test'];
    await execa('openssl', [...request, '-keyout', key, '-out', certificate]);
    await inOut('sbsign', '--key', key, '--cert', certificate, '--output', '../signed.efi', 'small.efi');
    assert.match(await inOut('sbverify', '--cert', certificate, '../signed.efi'), /Signature verification OK/);
    for (const name of ['small.efi', '../signed.efi']) {
      const sections = ['.linux=../linux', '.cmdline=../cmdline'].flatMap((section) => ['--dump-section', section]);
      await inOut('objcopy', ...sections, name, '../unused.efi');
      assert.deepEqual((await readFile(path.join(folder, 'linux'))).subarray(0, kernel.length), kernel);
    }
    assert.match(await readFile(path.join(folder, 'cmdline'), 'latin1'), /^console=ttyS0 quiet\0*$/);
  });

  it('has the same tree in tar, squashfs, EROFS and ISO 9660', async () => {
    const trees = path.join(folder, 'trees');
    await execa('mkdir', ['-p', ...['tar', 'iso'].map((name) => path.join(trees, name))]);
    await inOut('tar', '-xf', 'small.tar', '-C', path.join(trees, 'tar'));
    assert.deepEqual(await readFile(path.join(trees, 'tar/boot/kernel')), kernel);
    assert.equal(await readFile(path.join(trees, 'tar/boot/cmdline'), 'utf8'), 'console=ttyS0 quiet');
    await rm(path.join(trees, 'tar/boot'), { recursive: true });
    await inOut('unsquashfs', '-q', '-n', '-d', path.join(trees, 'squashfs'), 'small-squashfs.img');
    await inOut('fsck.erofs', `--extract=${path.join(trees, 'erofs')}`, 'small-erofs.img');
    await inOut('bsdtar', '-xpf', 'small-root.iso', '-C', path.join(trees, 'iso'));
    const list = async (name: string): Promise<string> => {
      const script = 'find . -mindepth 1 -printf "%p %M %U %G %l\\n" | sort; find . -type f | sort | xargs sha256sum';
      return (await execa('sh', ['-c', script], { cwd: path.join(trees, name) })).stdout;
    };
    const tree = await list('tar');
    assert.match(tree, /^\.\/etc\/shadow -rw------- 0 0 $/m);
    for (const name of ['squashfs', 'erofs', 'iso']) assert.equal(await list(name), tree, name);
  });

  it('is packed with less effort where it is large', async () => {
    const optionsOf = (file: string): Promise<string> => inOut('unsquashfs', '-s', file);
    assert.match(await optionsOf('small-squashfs.img'), /\nBlock size 131072\n/);
    await mkdir(path.join(folder, 'large'));
    await writeFile(path.join(folder, 'large/zeros'), '');
    await truncate(path.join(folder, 'large/zeros'), 100 * bytesPerMiB);
    const yaml = `${await readFile(path.join(folder, 'small.yml'), 'utf8')}onboot:
  - {name: large, image: "rootfs:./large", command: [/zeros]}
`;
    await writeFile(path.join(folder, 'large.yml'), yaml);
    await build('out', ['--format', 'kernel+squashfs', 'large.yml']);
    assert.match(await optionsOf('large-squashfs.img'), /compression-level 3\nBlock size 1048576\n/);
    for (const name of await readdir(out)) if (name.startsWith('large')) await rm(path.join(out, name));
  });

  it('has in docker a build context, and in tar-kernel-initrd the three files', async () => {
    assert.match(await inOut('tar', '-xOf', 'small.docker', 'Dockerfile'), /^FROM scratch\nCOPY \. \.\/\n/);
    assert.equal(await inOut('tar', '-tf', 'small-initrd.tar'), 'kernel\ninitrd.img\ncmdline');
    assert.equal(
      await inOut('sh', '-c', 'tar -xOf small-initrd.tar initrd.img | cmp - small-initrd.img && echo same'),
      'same',
    );
  });

  it('has a disk of whole GiB for Google Cloud', async () => {
    assert.match(await inOut('tar', '-tvzf', 'small.img.tar.gz'), / 1073741824 1970-01-01 .* disk\.raw$/);
  });

  it('has a disk in an OCI image that skopeo reads and `lkit cache push` sends to a registry', async () => {
    const archive = `oci-archive:${path.join(out, 'small-disk.oci.tar')}`;
    const inspected = JSON.parse(await skopeo('inspect', archive)) as { Architecture: string; Layers: string[] };
    assert.equal(inspected.Architecture, 'amd64');
    const registry = await PrivateRegistry.start();
    try {
      const reference = `${registry.host}/disks/small:1`;
      const pushed = await lkit(['cache', 'push', 'small-disk:latest', reference]);
      assert.equal(pushed.exitCode, 0, pushed.stderr);
      await skopeo('copy', '--src-tls-verify=false', `docker://${reference}`, `dir:${path.join(folder, 'pulled')}`);
      const pulled = JSON.parse(await skopeo('inspect', `dir:${path.join(folder, 'pulled')}`)) as typeof inspected;
      const layer = path.join(folder, 'pulled', pulled.Layers[0]!.replace('sha256:', ''));
      const { stdout } = await execa('tar', ['-tvzf', layer, '--numeric-owner']);
      assert.match(stdout, /^dr-xr-xr-x 107\/107 .* disk\/\n-r--r----- 107\/107 .* disk\/disk\.qcow2$/);
      await execa('tar', ['-xzf', layer, '-C', folder]);
      assert.match(
        await inOut('qemu-img', 'compare', '-F', 'raw', '../disk/disk.qcow2', 'small-bios.img'),
        /identical/,
      );
    } finally {
      await registry.stop();
    }
  });

  it('gives disks the size that is asked for', async () => {
    await build('sized', ['--format', 'raw-bios,raw-efi,vhd', '--size', '100M', 'small.yml']);
    for (const [name, size] of [
      ['small-bios.img', 0],
      ['small-efi.img', 0],
      ['small.vhd', 512],
    ] as const) {
      assert.equal((await stat(path.join(folder, 'sized', name))).size, 100 * bytesPerMiB + size, name);
    }
    assert.match((await execa('sgdisk', ['-v', path.join(folder, 'sized/small-efi.img')])).stdout, /No problems found/);
  });

  it('writes to a pipe what can be written from beginning to end', async () => {
    const script = '"$1" "$2" build --format tar -o - small.yml | cmp - out/small.tar && echo same';
    const main = path.resolve('dist/bin/lkit.js');
    const { stdout } = await execa('sh', ['-c', script, 'sh', process.execPath, main], { cwd: folder });
    assert.equal(stdout, 'same');
    await lkit(['build', '--format', 'iso-bios', '-o', 'named.iso', 'small.yml'], { cwd: folder });
    assert.deepEqual(await readFile(path.join(folder, 'named.iso')), await readFile(path.join(out, 'small.iso')));
  });
});
