import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Guest } from '../support/guest.ts';
import { lkit, root } from '../support/lkit.ts';

describe('the examples with emulated devices', function () {
  this.timeout(240_000);
  let folder: string;
  let guest: Guest | undefined;

  beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), 'lkit-test-'))));
  afterEach(async () => {
    await guest?.kill();
    await rm(folder, { recursive: true });
  });

  async function boot(name: string, arch = 'x86_64'): Promise<Guest> {
    const built = await lkit(['build', '--arch', arch, path.join(root, 'examples', name, `${name}.yml`)], {
      cwd: folder,
    });
    assert.equal(built.exitCode, 0, built.stderr);
    guest = new Guest(['qemu', '--arch', arch, '-mem', '384', '-cpus', '1', '-timeout', '200s', name], { cwd: folder });
    return guest;
  }

  it('bmp280: programs in C and Python measure the same, and an alarm goes off', async () => {
    const made = spawnSync('make', ['-C', path.join(root, 'examples/bmp280')], { encoding: 'utf8' });
    assert.equal(made.status, 0, made.stderr);
    const machine = await boot('bmp280');
    await machine.waitFor(/ALARM: /, 90_000);
    await machine.waitFor(/all clear: /, 60_000);
    for (const program of ['c', 'python']) {
      assert.match(
        machine.console,
        new RegExp(`^\\[bmp280-${program}\\] temperature 25.08 °C, pressure 10065[0-7] Pa$`, 'm'),
      );
      assert.match(
        machine.console,
        new RegExp(`^\\[bmp280-${program}\\] temperature 4[0-5]\\.\\d\\d °C, pressure 1006\\d\\d Pa$`, 'm'),
      );
    }
    assert.match(machine.console, /^\[alarm\] ALARM: 4\d\.\d\d °C is more than 40.0 °C$/m);
  });

  it('rtc: the clock passes the last midnight of a February of 29 days', async () => {
    const machine = await boot('rtc');
    await machine.waitFor(/^\[clock\] temperature 21.25 °C$/m);
    await machine.waitFor(/^\[clock\] time 2028-02-28 23:59:5\d$/m);
    await machine.waitFor(/^\[clock\] time 2028-02-29 00:00:\d\d$/m);
  });

  it('eeprom, on arm64: a program reads the kernel’s file and writes to the bus', async () => {
    const machine = await boot('eeprom', 'aarch64');
    await machine.waitFor(/^\[board\] serial LK-000123$/m, 90_000);
    await machine.waitFor(/^\[board\] mac 02:00:00:00:00:42$/m);
    await machine.waitFor(/^\[board\] start number 1 since the memory was erased$/m);
  });
});
