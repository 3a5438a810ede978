import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { splitWords } from '../../../pkg/machine/index.ts';
import { root, withTempDir } from '../../support/lkit.ts';

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(folder: string, args: readonly string[]): Promise<Finished> {
  return lkit(folder, ['run', ...args]);
}

/** @param before words in front of the program's own */
function lkit(folder: string, args: readonly string[], before: readonly string[] = []): Promise<Finished> {
  const program = path.join(root, 'test/integration/machine/run-only.ts');
  const tsx = path.join(root, 'node_modules/tsx/dist/esm/index.mjs');
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { ...process.env, LKIT_ACCEL: 'tcg', LKIT_CACHE: path.join(folder, 'cache') } };
    const [command = '', ...words] = [...before, process.execPath, '--import', tsx, program, ...args];
    const child = execFile(command, words, options, (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
    child.stdin?.end();
  });
}

async function withImage(use: (folder: string) => Promise<void>): Promise<void> {
  await withTempDir(async (folder) => {
    const images = path.join(folder, 'it has blanks');
    await mkdir(images);
    for (const file of ['demo-kernel', 'demo-initrd.img']) await writeFile(path.join(images, file), '');
    await writeFile(path.join(images, 'demo-cmdline'), "console=ttyS0 it's\n");
    await use(images);
  });
}

async function listen(protocol: 'tcp' | 'udp'): Promise<{ readonly number: number; close(): void }> {
  const socket = protocol === 'tcp' ? createServer().listen(0) : createSocket('udp4').bind(0);
  await once(socket, 'listening');
  const address = socket.address() as AddressInfo;
  return { number: address.port, close: () => socket.close() };
}

describe('machine: lkit run', function () {
  this.timeout(30_000);

  it('prints, with --dry-run, the command line for a shell, and leaves no trace', async () => {
    await withImage(async (folder) => {
      const args = ['qemu', '-dry-run', '-mem', '2G', '-cpus=2', '-disk', 'size=1G', '-publish', '8080:80', 'demo'];
      const { code, stdout } = await run(folder, [...args, '--qemu-opts', "-fw_cfg 'name=opt/a,string=b c'"]);
      assert.equal(code, 0);
      const words = splitWords(stdout.trim());
      assert.match(words[0] ?? '', /qemu-system-x86_64$/);
      for (const [flag, value] of [
        ['-m', '2048M'],
        ['-smp', '2'],
        ['-append', "no_timer_check initcall_blacklist=crypto_kdf108_init console=ttyS0 it's"],
        ['-kernel', path.join(folder, 'demo-kernel')],
        ['-fw_cfg', 'name=opt/a,string=b c'],
      ] as const) {
        assert.equal(words[words.indexOf(flag) + 1], value);
      }
      assert.deepEqual((await readdir(folder)).sort(), ['demo-cmdline', 'demo-initrd.img', 'demo-kernel']);
    });
  });

  it('runs the QEMU that -qemu names, with the state folder, the log and the pid file of the flags', async () => {
    await withImage(async (folder) => {
      const qemu = path.join(folder, 'my-qemu');
      await writeFile(qemu, '#!/bin/sh\n', { mode: 0o755 });
      const flags = ['-state', 's', '-serial-log', 'c.log', '-pidfile', 'q.pid', '-qemu', './my-qemu', '-gdb', '-usb'];
      const { stdout, stderr } = await run(folder, [...flags, '-dry-run', 'demo']);
      const words = splitWords(stdout.trim());
      assert.equal(words[0], qemu, stderr);
      assert.equal(words[words.indexOf('-pidfile') + 1], path.join(folder, 'q.pid'));
      assert.equal(words[words.indexOf('-gdb') + 1], 'tcp:127.0.0.1:1234');
      assert.ok(stdout.includes(`path=${path.join(folder, 's', 'qmp.sock')}`));
      assert.ok(stdout.includes(`logfile=${path.join(folder, 'c.log')}`));
    });
  });

  it('prints the virtiofsd of a share in front of QEMU', async () => {
    await withImage(async (folder) => {
      const { stdout } = await run(folder, ['-virtiofs', '.', '-dry-run', 'demo']);
      const [daemon = '', qemu = ''] = stdout.trim().split('\n');
      assert.match(daemon, /virtiofsd '--socket-path=.*fs0\.sock' -o 'source=.*it has blanks' &$/);
      assert.match(qemu, /tag=virtiofs0/);
    });
  });

  it('shares folders by 9p, and says why with -v, where it has not the rights that virtiofsd takes', async () => {
    await withImage(async (folder) => {
      const shared = ['-share', '.:tag', '-dry-run', 'demo'];
      const withoutRight = process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-sys_admin'] : [];
      const { stdout, stderr } = await lkit(folder, ['-v', 'run', ...shared], withoutRight);
      assert.match(stdout, /^\S*qemu-system.*virtio-9p-pci,fsdev=share0,mount_tag=tag/);
      assert.doesNotMatch(stdout, /virtiofsd|vhost-user-fs/);
      assert.match(stderr, /folders are shared by 9p: virtiofsd takes root with CAP_SYS_ADMIN/);
      const asked = await run(folder, ['-virtiofsd', 'none', ...shared]);
      assert.doesNotMatch(asked.stdout, /vhost-user-fs/);
    });
  });

  it('passes on why a virtiofsd did not start', async () => {
    await withImage(async (folder) => {
      await writeFile(path.join(folder, 'daemon'), '#!/bin/sh\necho no right to do that >&2; exit 1\n', {
        mode: 0o755,
      });
      const { code, stderr } = await run(folder, ['-virtiofs', '.', '-virtiofsd', './daemon', 'demo']);
      assert.match(stderr, /daemon did not start: no right to do that\n.*fs0\.log/);
      assert.equal(code, 1);
    });
  });

  for (const protocol of ['tcp', 'udp'] as const) {
    it(`names the process that has a ${protocol} port`, async () => {
      await withImage(async (folder) => {
        const port = await listen(protocol);
        try {
          const { code, stderr } = await run(folder, ['-publish', `${port.number}:80/${protocol}`, 'demo']);
          assert.match(
            stderr,
            new RegExp(`port ${port.number}/${protocol} of this host is taken by .*process ${process.pid}`),
          );
          assert.equal(code, 1);
        } finally {
          port.close();
        }
      });
    });
  }

  it('refuses UEFI for a kernel that UEFI cannot start', async () => {
    await withImage(async (folder) => {
      const elf = Buffer.alloc(64);
      elf.write('\x7fELF', 'latin1');
      elf.writeUInt16LE(62, 18);
      await writeFile(path.join(folder, 'demo-kernel'), elf);
      const { code, stderr } = await run(folder, ['-uefi', 'demo']);
      assert.match(stderr, /demo-kernel is an ELF file, which UEFI does not start/);
      assert.equal(code, 2);
    });
  });

  for (const [args, message] of [
    [['nothing'], /there is no image nothing.*\n.*lkit build nothing\.yml/],
    [['demo.yml'], /lkit build demo\.yml && lkit run demo/],
    [['-mem', 'lots', 'demo'], /"lots" is not a size for -mem\n.*Examples/],
    [['-mem', '8', 'demo'], /does not fit into 8 MiB of memory: to boot it needs at least 12 MiB\n.*-mem 64/],
    [['-cpus', '0', 'demo'], /"0" is not a number of processors/],
    [['-disk', 'none.qcow2', 'demo'], /there is no disk .*none\.qcow2\n.*size=4G/],
    [['-publish', '80', 'demo'], /"80" does not publish a port\n.*8080:80/],
    [['-arch', 'arm46', 'demo'], /unknown architecture "arm46" \(did you mean "arm64"\?\)/],
    [['-accel', 'warp', 'demo'], /unknown accelerator "warp"/],
    [['-timeout', 'soon', 'demo'], /"soon" is not a time/],
    [['-share', 'nowhere', 'demo'], /there is no folder .*nowhere to share/],
    [['-share', '.:a b', 'demo'], /"a b" cannot be the tag of a shared folder/],
    [['-data', 'x', '-data-file', 'demo-cmdline', 'demo'], /-data and -data-file are both given/],
    [['-data-file', 'nothing.json', 'demo'], /there is no file .*nothing\.json/],
    [['-kernel', '-iso', 'demo'], /-kernel and -iso exclude each other/],
    [['-squashfs', 'demo'], /demo is not complete: there is no demo-squashfs\.img/],
    [['-iso', 'other'], /there is no ISO image other/],
    [['-fw', 'nothing.fd', 'demo'], /there is no firmware .*nothing\.fd/],
    [['-qemu', './nothing', 'demo'], /there is no program .*nothing/],
    [['-qemu', 'no-such-qemu', 'demo'], /there is no program no-such-qemu/],
    [['-virtiofsd', './nothing', '-virtiofs', '.', 'demo'], /there is no program .*nothing/],
    [['-gdb', '99999', 'demo'], /"99999" is not a port for -gdb/],
    [['-networking', 'wifi', 'demo'], /"wifi" is not a kind of network/],
    [['-networking', 'none', '-publish', '1:1', 'demo'], /-publish does not go with -networking none/],
  ] as const) {
    it(`refuses ${args.join(' ')} with exit code 2`, async () => {
      await withImage(async (folder) => {
        const { code, stderr, stdout } = await run(folder, args);
        assert.match(stderr, message);
        assert.equal(stderr.includes('    at '), false);
        assert.deepEqual([code, stdout], [2, '']);
      });
    });
  }
});
