import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { Guest } from '../support/guest.ts';
import { lkit, root } from '../support/lkit.ts';
import { startTimeServer, type TimeServer } from '../support/time-server.ts';

const bootTimeoutMs = 120_000;
const fixtures = path.join(root, 'test/e2e/fixtures');

/** `date +%s` of the day on which Debian built the kernel, from the end of /proc/version. */
const kernelDay = `date -u -d "$(sed 's/.*(//; s/).*//' /proc/version)" +%s`;
const seedOfGuest = 'cat /var/lib/random_seed/seed';

/** What init says of containers that failed. */
const complaint = /^lkit: .*(failed|did not|not be)/m;

/** The output of `sfdisk --json`, as far as it is read here. */
interface PartitionTable {
  readonly partitiontable: {
    readonly sectorsize: number;
    readonly partitions: readonly { readonly start: number }[];
  };
}

describe('examples/edge-arm64.yml, on an SD card in a device without a clock', function () {
  this.timeout(300_000);
  let folder: string;
  let guest: Guest;
  let savedSeed: string;
  let timeServer: TimeServer;

  /** A file of the data partition, as it is on the card. */
  const onCard = async (file: string): Promise<string> => {
    const card = path.join(folder, 'edge-sd.img');
    const { partitiontable } = JSON.parse((await execa('sfdisk', ['--json', card])).stdout) as PartitionTable;
    const data = partitiontable.partitions[1];
    assert.ok(data, 'the card has a second partition');
    const fileSystem = `${card}?offset=${data.start * partitiontable.sectorsize}`;
    // After a power failure some of what was written is in the journal only.
    await execa('debugfs', ['-w', '-R', 'journal_run', fileSystem]);
    return (await execa('debugfs', ['-R', `cat ${file}`, fileSystem])).stdout.trim();
  };

  /** Starts the device in the year 2001. */
  const boot = async (): Promise<{ readonly starts: number; readonly time: number; readonly certificates: number }> => {
    const machine = ['-arch', 'aarch64', '-mem', '384', '-timeout', '300s', '-qemu-opts', '-rtc base=2001-01-01'];
    guest = new Guest(['qemu', '-uefi', ...machine, 'edge-sd.img'], { cwd: folder });
    const line = /\[hello\] start (\d+) at (\d+) with (\d+) certificates\.$/m;
    // In whichever order they come, between the lines of the shell.
    await guest.waitFor(/(?=[^]*\[dhcp\] .*: lease of )(?=[^]*\[hello\] start .*\n)(?=[^]*:~# )/m, bootTimeoutMs);
    const [, starts, time, certificates] = (line.exec(guest.console) ?? []).map(Number);
    assert.doesNotMatch(guest.console, complaint);
    guest.type('\n');
    await guest.waitFor(/:~# $/);
    return { starts: starts ?? 0, time: time ?? 0, certificates: certificates ?? 0 };
  };

  /** The output of a command at the shell prompt, without what services say on the console meanwhile. */
  const output = async (command: string): Promise<string> => {
    const { output, exitCode } = await guest.run(command);
    assert.equal(exitCode, 0, `${command}\n${output}`);
    return output.replaceAll(/^\[\w+\] .*\n?/gm, '').trimEnd();
  };

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lkit-test-'));
    const layout = path.join(folder, 'hellocontainer/image');
    const image = ['--image', `${layout}:latest`];
    const bundle = path.join(folder, 'bundle');
    await mkdir(path.dirname(layout));
    await execa('umoci', ['init', '--layout', layout]);
    await execa('umoci', ['new', ...image]);
    await execa('umoci', ['unpack', ...image, '--rootless', bundle]);
    const hello = path.join(bundle, 'rootfs/hello');
    await execa('aarch64-linux-gnu-gcc', ['-static', '-Os', '-s', '-o', hello, path.join(fixtures, 'edge/hello.c')]);
    await execa('umoci', ['repack', ...image, bundle]);
    await execa('umoci', ['config', ...image, '--architecture', 'arm64', '--config.entrypoint', '/hello']);

    // The example finds its service beside it. Its chrony asks a server that is here.
    const example = await readFile(path.join(root, 'examples/edge-arm64.yml'), 'utf8');
    const pool = 'pool 2.debian.pool.ntp.org iburst';
    assert.ok(example.includes(pool));
    timeServer = await startTimeServer();
    const device = example.replace(pool, `server 10.0.2.2 port ${timeServer.port} iburst`);
    await writeFile(path.join(folder, 'edge.yml'), device);
    const files = ['edge.yml', path.join(fixtures, 'shell.yml')];
    const what = ['--arch', 'arm64', '--format', 'sd', '--data-size', '64M', '--name', 'edge'];
    const built = await lkit(['build', ...what, ...files], { cwd: folder });
    assert.equal(built.exitCode, 0, built.stderr);
  });

  after(async () => {
    await guest.kill();
    await rm(folder, { recursive: true });
  });

  it('starts its service with certificates, and no earlier than its kernel was made', async () => {
    const { starts, time, certificates } = await boot();
    assert.equal(starts, 1);
    assert.ok(certificates > 100, `${certificates} certificates`);
    const kernelTime = Number(await output(kernelDay));
    assert.ok(kernelTime > Date.UTC(2020) / 1000, 'the kernel tells its day');
    assert.ok(time >= kernelTime, `it is ${time}, the kernel is of ${kernelTime}`);
  });

  it('asks a time server for the time', async () => {
    await guest.waitFor(/^\[chrony\] .*System clock was stepped by/m);
    const time = Number(await output('date +%s'));
    assert.ok(Math.abs(time - Date.now() / 1000) < 10, `it is ${time} there, ${Date.now() / 1000} here`);
    // From here on the device is on its own.
    await output('service stop chrony');
    await timeServer.close();
  });

  it('has a seed for the next boot from the start, and another one when it powers off', async () => {
    const seed = await output(seedOfGuest);
    assert.match(seed, /^[0-9a-f]{128}$/);
    assert.equal(await output('stat -c %a /var/lib/random_seed/seed'), '600');
    await output('date -u -s 2040-01-01');
    guest.type('poweroff\n');
    assert.equal(await guest.ended(), 0, guest.messages);
    assert.doesNotMatch(guest.console, complaint);
    savedSeed = await onCard('/random_seed/seed');
    assert.match(savedSeed, /^[0-9a-f]{128}$/);
    assert.notEqual(savedSeed, seed);
  });

  it('goes on, in the next boot, where the last one ended: data and time', async () => {
    const saved = Number(await onCard('/fake_hwclock/time'));
    assert.ok(saved >= Date.UTC(2040) / 1000, `${saved} was saved`);
    const { starts, time } = await boot();
    assert.equal(starts, 2);
    assert.ok(time >= saved, `it is ${time}, ${saved} was saved`);
  });

  it('has another seed on the card at once, should its power fail', async () => {
    const seed = await output(seedOfGuest);
    // Without a shutdown.
    guest.type('poweroff -n -f\n');
    assert.equal(await guest.ended(), 0, guest.messages);
    assert.equal(await onCard('/random_seed/seed'), seed);
    assert.notEqual(seed, savedSeed);
  });
});
