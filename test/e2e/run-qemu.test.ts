import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Guest } from '../support/guest.ts';
import { lkit, root } from '../support/lkit.ts';

const run = promisify(execFile);
const fixture = path.join(root, 'test/e2e/fixtures/machine.yml');

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A connection says nothing: QEMU takes it before the guest listens. */
async function answer(url: string): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    if (response !== undefined) return `${response.status} ${await response.text()}`;
    await sleep(200);
  }
  throw new Error(`no answer from ${url}`);
}

describe('lkit run qemu', function () {
  this.timeout(180_000);
  let folder: string;
  let guest: Guest;
  let web: number;
  const file = (name: string): string => path.join(folder, name);
  const output = async (command: string): Promise<string> => (await guest.run(command)).output;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lkit-test-'));
    const built = await lkit(['build', fixture], { cwd: folder });
    assert.equal(built.exitCode, 0, built.stderr);
    await Promise.all([mkdir(file('pages')), mkdir(file('out'))]);
    await writeFile(file('pages/index.html'), 'from the host\n');
    await writeFile(file('config.json'), '{"answer": 42}\n');
    web = await freePort();
  });

  after(async () => {
    await guest.kill();
    await rm(folder, { recursive: true });
  });

  describe('with everything', () => {
    let gdb: number;

    before(async () => {
      gdb = await freePort();
      guest = new Guest(
        [
          ...['-timeout', '300s', '-mem', '384M', '-cpus', '2', 'qemu', '-gdb', String(gdb)],
          ...['-disk', 'file=data.qcow2,size=64M', '-disk', 'size=32M,format=raw'],
          ...['-publish', `127.0.0.1:${web}:8000`, '-share', 'pages:www:ro', '-share', 'out'],
          ...['-data-file', 'config.json', '-state', 'state', '-serial-log', 'serial.log', '-pidfile', 'qemu.pid'],
          ...['-usb', '-device', 'usb-tablet', '-gui', '--qemu-opts', '-display none', 'machine'],
        ],
        { cwd: folder },
      );
    });

    it('holds the guest back until gdb lets it go, and says what to type', async () => {
      while (!guest.messages.includes('waits for: gdb')) await sleep(50);
      const [, target = '', kernel = ''] = /gdb -ex '(target remote \S+)' (\S+)/.exec(guest.messages) ?? [];
      assert.equal(kernel, file('machine-kernel'));
      while (!existsSync(file('qemu.pid'))) await sleep(50);
      const { stdout } = await run('gdb', ['-nx', '-batch', '-ex', target, '-ex', 'p/x $rip', '-ex', 'detach', kernel]);
      // Where x86 processors begin (Intel SDM volume 3, 10.1.4).
      assert.match(stdout, /\$1 = 0xfff0/);
      assert.equal(guest.console, '');
      await guest.waitFor(/:~# $/, 150_000);
    });

    it('has the memory and the processors that were asked for', async () => {
      assert.equal(await output('nproc'), '2');
      const kib = Number((await output("awk '/MemTotal/ {print $2}' /proc/meminfo")).trim());
      assert.ok(kib > 300 * 1024 && kib < 384 * 1024, `${kib} KiB`);
    });

    it('makes the disks, in the order of the flags', async () => {
      assert.equal(await output('cat /sys/block/vda/size /sys/block/vdb/size'), `${64 * 2048}\n${32 * 2048}`);
      const { stdout } = await run('qemu-img', ['info', '-U', '--output=json', file('data.qcow2')]);
      assert.equal((JSON.parse(stdout) as { format: string }).format, 'qcow2');
      assert.ok(existsSync(file('state/disk1.img')));
      await output(
        'mke2fs -q /dev/vda && mkdir /tmp/disk && mount -t ext4 /dev/vda /tmp/disk && echo kept >/tmp/disk/note',
      );
      assert.equal((await guest.run('umount /tmp/disk')).exitCode, 0);
    });

    it('answers a request at the published port, from a folder of the host', async () => {
      assert.equal(await answer(`http://127.0.0.1:${web}/`), '200 from the host\n');
      await writeFile(file('pages/index.html'), 'changed meanwhile\n');
      assert.equal(await answer(`http://127.0.0.1:${web}/`), '200 changed meanwhile\n');
      assert.match(await output('echo no >/mnt/www/index.html'), /Read-only file system/);
      assert.equal((await guest.run('echo from the guest >/mnt/out/file')).exitCode, 0);
      assert.equal(await readFile(file('out/file'), 'utf8'), 'from the guest\n');
      const mounts = await output('grep /mnt/ /proc/mounts');
      assert.match(mounts, /^www \/mnt\/www 9p ro/m);
      assert.match(mounts, new RegExp(`^out /mnt/out ${process.getuid?.() === 0 ? 'virtiofs' : '9p'} rw`, 'm'));
    });

    it('got an address by DHCP, and names are resolved as on the host', async () => {
      assert.match(await output('ip -4 addr show eth0'), /inet 10\.0\.2\.15/);
      assert.equal(await output('cat /etc/resolv.conf'), 'nameserver 10.0.2.3');
      const name = `${hostname()}.invalid`;
      const onHost = await lookup(name).catch((error: unknown) => (error as { code: string }).code);
      const reply = onHost === 'ENOTFOUND' ? 'NXDOMAIN' : 'no response|SERVFAIL|REFUSED';
      assert.match(await output(`nslookup ${name}`), new RegExp(`10\\.0\\.2\\.3[^]*(${reply})`));
    });

    it('finds its metadata on an optical disc', async () => {
      await output('mkdir /tmp/cd && mount -t iso9660 /dev/sr0 /tmp/cd');
      assert.equal(await output('cat /tmp/cd/config'), '{"answer": 42}');
    });

    it('has a USB controller with the device, and a console on the screen', async () => {
      assert.match(await output('cat /sys/bus/usb/devices/*/product'), /^QEMU USB Tablet$/m);
      const consoles = await output('cat /proc/consoles');
      assert.match(consoles, /^tty0 /m);
      // The console of programs (C) stays the serial one.
      assert.match(consoles, /^ttyS0 .*\(E.*C/m);
    });

    it('keeps the console and its process id in the files that were named', async () => {
      assert.match(await readFile(file('serial.log'), 'latin1'), /QEMU USB Tablet/);
      const pid = (await readFile(file('qemu.pid'), 'utf8')).trim();
      assert.match(await readFile(`/proc/${pid}/cmdline`, 'latin1'), /qemu-system-x86_64/);
    });

    it('has its state folder and its port to itself', async () => {
      const second = await lkit(['run', '-timeout', '120s', '-state', 'state', 'machine'], { cwd: folder });
      assert.match(second.stderr, /machine is running already \(process \d+\)/);
      const third = await lkit(['run', '-publish', `${web}:80`, '-state', 'other', 'machine'], { cwd: folder });
      assert.match(
        third.stderr,
        new RegExp(`port ${web}/tcp of this host is taken by \\S*qemu-system-x86_64.*process`),
      );
      assert.deepEqual([second.exitCode, third.exitCode], [1, 1]);
    });

    it('leaves no process and no socket', async () => {
      const pid = (await readFile(file('qemu.pid'), 'utf8')).trim();
      guest.type('poweroff\n');
      assert.equal(await guest.ended(), 0);
      assert.ok(!existsSync(`/proc/${pid}`));
      assert.ok(!existsSync(file('qemu.pid')));
      assert.ok(!existsSync(file('state/qmp.sock')));
    });
  });

  describe('with the same state, a kernel as hyperkit takes it, a larger disk and no network', () => {
    before(async () => {
      const built = await lkit(['build', '--kernel-format', 'bzimage', fixture], { cwd: folder });
      assert.equal(built.exitCode, 0, built.stderr);
      // Where every version of the boot protocol has its magic number: Documentation/arch/x86/boot.rst.
      assert.equal((await readFile(file('machine-kernel'))).toString('latin1', 0x202, 0x206), 'HdrS');
      const flags = ['-mem', '256', '-networking', 'none', '-disk', 'data.qcow2,size=96M', '-data', 'plain text'];
      const share = process.getuid?.() === 0 ? ['-virtiofs', 'out'] : ['-share', 'out:virtiofs0'];
      guest = new Guest(['qemu', '-timeout', '170s', ...flags, ...share, '-state', 'state', 'machine'], {
        cwd: folder,
      });
      await guest.waitFor(/:~# $/, 150_000);
    });

    it('keeps what was on the disk', async () => {
      assert.equal(await output('cat /sys/block/vda/size'), String(96 * 2048));
      assert.equal(await output('mkdir /tmp/disk && mount -t ext4 /dev/vda /tmp/disk && cat /tmp/disk/note'), 'kept');
    });

    it('has no network interface but lo, and the new metadata', async () => {
      assert.equal(await output('ls /sys/class/net'), 'lo');
      await output('mkdir /tmp/cd && mount -t iso9660 /dev/sr0 /tmp/cd');
      assert.equal(await output('cat /tmp/cd/config'), 'plain text');
    });

    it('shares a folder by virtiofs, where virtiofsd has the rights that it needs', async () => {
      assert.equal(await output('cat /mnt/virtiofs0/file'), 'from the guest');
      const type = process.getuid?.() === 0 ? 'virtiofs' : '9p';
      assert.match(await output('grep virtiofs0 /proc/mounts'), new RegExp(`^virtiofs0 /mnt/virtiofs0 ${type} `));
    });

    it('powers off in order when lkit is interrupted once', async () => {
      guest.interrupt();
      assert.equal(await guest.ended(), 130);
      assert.match(guest.messages, /asking the guest to power off/);
      assert.doesNotMatch(guest.messages, /has not powered off/);
      assert.match(guest.console, /reboot: Power down/);
      assert.ok(!existsSync(file('state/fs0.sock')));
    });
  });
});
