import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { lkit, root } from '../../../support/lkit.ts';
import { writeSmallDiskSystem } from '../../../support/small-disk-system.ts';

describe('a format that cannot be written', function () {
  this.timeout(60_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lkit-test-'));
    await writeSmallDiskSystem(folder);
    await writeFile(path.join(folder, 'no-kernel.yml'), 'init: ["rootfs:./init"]\n');
    await writeFile(path.join(folder, 'a-file'), '');
  });

  after(() => rm(folder, { recursive: true }));

  const cases: readonly (readonly [what: string, args: readonly string[], exitCode: number, message: RegExp])[] = [
    ['is unknown', ['--format', 'raw-bois'], 2, /^lkit: there is no format "raw-bois" \(did you mean "raw-bios"\?\)/],
    [
      'is for another architecture',
      ['--format', 'tar,iso-bios', '--arch', 'arm64'],
      2,
      /no iso-bios for arm64, only for amd64/,
    ],
    [
      'is given too little space',
      ['--format', 'raw-efi', '--size', '20M'],
      2,
      /--size 20M is too small: a disk for UEFI needs 36M/,
    ],
    ['is given no size', ['--format', 'raw-efi', '--size', 'big'], 2, /"big" is not a size for --size/],
    [
      'has too little room for data',
      ['--format', 'sd', '--data-size', '2M'],
      2,
      /--data-size 2M is too small: .* needs 8M/,
    ],
    ['has no size', ['--format', 'tar,iso-efi', '--size', '1G'], 2, /--size means nothing for tar, iso-efi/],
    ['has no data partition', ['--format', 'raw-efi', '--data-size', '1G'], 2, /--data-size means nothing for raw-efi/],
    ['cannot go to a pipe', ['--format', 'qcow2-efi', '-o', '-'], 2, /qcow2-efi is not written from beginning to end/],
    ['has several files for one', ['-o', 'all'], 2, /one output file cannot hold the files of kernel\+initrd/],
    [
      'is one of several for one file',
      ['--format', 'tar,docker', '-o', '-'],
      2,
      /cannot hold the files of tar, docker/,
    ],
    [
      'is for a board without its firmware',
      ['--format', 'rpi', '--arch', 'arm64'],
      2,
      /starts nothing without its firmware\n.*--firmware/,
    ],
    [
      'gets a firmware that is none',
      ['--format', 'rpi', '--arch', 'arm64', '--firmware', 'rootfs:./init'],
      2,
      /has neither start\.elf/,
    ],
    [
      'goes where a file is',
      ['--format', 'iso-bios', '--dir', 'a-file'],
      1,
      /^lkit: cannot write .*a-file\/small\.iso: a file stands/m,
    ],
  ];
  for (const [what, args, exitCode, message] of cases) {
    it(`because it ${what} is told in a sentence, and nothing is left behind`, async () => {
      const where = args.includes('--dir') ? [] : ['--dir', 'out'];
      const built = await lkit(['build', ...where, ...args, 'small.yml'], { cwd: folder });
      assert.match(built.stderr, message);
      assert.equal(built.exitCode, exitCode, built.stderr);
      assert.deepEqual(await readdir(path.join(folder, 'out')).catch(() => []), []);
    });
  }

  it('because of what was asked for is told before any image is looked for', async () => {
    await writeFile(path.join(folder, 'no-image.yml'), 'init: ["oci:./nowhere"]\n');
    for (const [asked, message] of [
      [['--format', 'tar', '--size', '1G'], /--size means nothing/],
      [['--format', 'tar', '--size', '1G', '--check-reproducible'], /--size means nothing/],
      [['--format', 'qcow2-efi', '-o', '-'], /cannot go to a pipe/],
    ] as const) {
      const built = await lkit(['build', ...asked, 'no-image.yml'], { cwd: folder });
      assert.match(built.stderr, message);
      assert.equal(built.exitCode, 2, built.stderr);
    }
  });

  it('because the system has no kernel is told in a sentence; a tar needs none', async () => {
    const built = await lkit(['build', '--dir', 'out', '--format', 'raw-efi', 'no-kernel.yml'], { cwd: folder });
    assert.equal(built.exitCode, 2, built.stderr);
    assert.match(built.stderr, /the system has no kernel, so nothing can boot it/);
    const tar = await lkit(['build', '--dir', 'tar', '--format', 'tar', 'no-kernel.yml'], { cwd: folder });
    assert.equal(tar.exitCode, 0, tar.stderr);
  });

  it('because programs are missing is told before any work, all of them at once', async () => {
    const bin = path.join(folder, 'bin');
    await mkdir(bin);
    await symlink('/usr/bin/xorriso', path.join(bin, 'xorriso'));
    const args = ['build', '--dir', 'out', '--format', 'iso-efi,raw-bios,vmdk,kernel+iso', 'small.yml'];
    const built = await lkit(args, { cwd: folder, env: { PATH: bin } });
    assert.equal(built.exitCode, 1);
    assert.match(built.stderr, /^lkit: these programs are not installed on this machine:\n/);
    for (const line of [
      'mcopy (it copies files to boot partitions; for iso-efi, raw-bios, vmdk)',
      'qemu-img (it makes disk images; for vmdk)',
      'bsdtar (it makes ISO 9660 file systems of whole trees; for kernel+iso)',
    ]) {
      assert.ok(built.stderr.includes(`    ${line}\n`), built.stderr);
    }
    assert.doesNotMatch(built.stderr, /xorriso/);
    assert.match(
      built.stderr,
      /apt-get install mtools syslinux qemu-utils libarchive-tools faketime {2}or {2}sudo dnf install mtools/,
    );
  });

  it('because the disk is full leaves what was there', async () => {
    const script = `
      mkdir full; mount -t tmpfs -o size=1m tmpfs full; echo before >full/small-bios.img
      "$1" "$2" build --dir full --format raw-bios small.yml; echo $?
      ls -A full; cat full/small-bios.img`;
    const main = path.join(root, 'dist/bin/lkit.js');
    const args = ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', process.execPath, main];
    const { stdout, stderr } = await promisify(execFile)('unshare', args, { cwd: folder });
    assert.match(stderr, /^lkit: the disk is full: .*full\/small-bios\.img could not be written$/m);
    assert.equal(stdout, '1\nsmall-bios.img\nbefore\n');
  });
});
