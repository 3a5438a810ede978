import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Guest } from '../support/guest.ts';
import { lkit, root } from '../support/lkit.ts';

describe('examples/i2c.yml', function () {
  this.timeout(180_000);
  let folder: string;
  let guest: Guest;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lkit-test-'));
    const built = await lkit(['build', path.join(root, 'examples/i2c.yml')], { cwd: folder });
    assert.equal(built.exitCode, 0, built.stderr);
    guest = new Guest(['qemu', '--mem', '512', '-cpus', '2', 'i2c'], { cwd: folder });
    await guest.waitFor(/:~# $/);
  });

  after(async () => {
    await guest.kill();
    await rm(folder, { recursive: true });
  });

  it('emulates a chip at 0x76', async () => {
    const { output } = await guest.run('i2cdetect -y 0');
    assert.match(output, /^70:( --){6} 76( --)?\s*$/m);
    assert.match((await guest.run('cat /sys/class/i2c-adapter/i2c-0/name')).output, /SMBus stub driver/);
  });

  it('reads back what was written', async () => {
    assert.equal((await guest.run('i2cset -y 0 0x76 0x10 0x42')).exitCode, 0);
    assert.equal((await guest.run('i2cget -y 0 0x76 0x10')).output, '0x42');
    assert.equal((await guest.run('i2cget -y 0 0x76 0x11')).output, '0x00');
  });

  it('lets the service read a register over SMBus', async () => {
    await guest.run('i2cset -y 0 0x76 0xd0 0x58; service restart hello_world; sleep 2');
    assert.match((await guest.run('service logs hello_world')).output, /0xd0.*0x58/);
  });

  it('powers off', async () => {
    guest.type('poweroff\n');
    assert.equal(await guest.ended(), 0);
  });
});
