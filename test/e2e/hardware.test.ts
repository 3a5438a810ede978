import assert from 'node:assert/strict';
import { FixtureGuest } from '../support/fixture.ts';

describe('emulated hardware', function () {
  this.timeout(120_000);
  let guest: FixtureGuest;

  before(async () => {
    guest = await FixtureGuest.boot('hardware');
    await guest.waitFor(/:~# $/);
  });

  after(async () => {
    await guest.kill();
  });

  /** A number out of a file of sysfs, in which `*` stands for numbers that the kernel chose. */
  async function sysfs(file: string): Promise<number> {
    return Number(await guest.output(`cat ${file}`));
  }

  it('is measured right by the kernel’s own drivers', async () => {
    const bmp280 = '/sys/bus/i2c/devices/*-0076/iio:device*';
    assert.equal(await sysfs(`${bmp280}/in_temp_input`), 25_080);
    assert.ok(Math.abs((await sysfs(`${bmp280}/in_pressure_input`)) * 1000 - 100_653) <= 4);
    assert.equal(await sysfs('/sys/bus/i2c/devices/*-0048/hwmon/*/temp1_input'), 21_500);
    assert.equal(await sysfs('/sys/bus/i2c/devices/*-0049/hwmon/*/temp1_input'), -7250);
    assert.equal(await sysfs('/sys/bus/i2c/devices/*-004a/iio:device*/in_voltage0_raw'), 24_000);
  });

  it('is on a bus that is found by its name, although another bus has the first number', async () => {
    assert.match(await guest.output('cat /sys/bus/i2c/devices/i2c-0/name'), /I801/);
    assert.equal(await guest.output('readlink /dev/i2c/sensors'), '../i2c-1');
  });

  it('reads the same by bytes, words and blocks', async () => {
    assert.equal(await guest.output('i2cget -y 1 0x20 0x00'), '0x01');
    assert.equal(await guest.output('i2cget -y 1 0x20 0x00 w'), '0x0201');
    assert.match(await guest.output('i2cdump -y 1 0x20 i'), /^00: 01 02 03 /m);
    // 2026-03-01 12:00:00, a Sunday.
    assert.match(await guest.output('i2cdump -y -r 0x00-0x06 1 0x68 b'), /^00: 00 00 12 01 01 03 26 /m);
  });

  it('gives a container the bus that it asks for, and no other', async () => {
    const log = await guest.until('grep board: /var/log/reader.log >/dev/null && cat /var/log/reader.log');
    assert.equal(log, '/dev/i2c-1: /dev/i2c-1 /dev/i2c/sensors\nboard: 0x03');
    const config = '/containers/services/reader/config.json';
    assert.match(await guest.output(`tr -d ' \\n' <${config}`), /"type":"c","major":89,"minor":1,"access":"rwm"/);
    await guest.output('pid=$(cat /run/lkit/services/reader/pid); mknod /proc/$pid/root/tmp-node c 89 0');
    const { output } = await guest.run('crun exec reader i2cget -y 0 0x20 0x00; crun exec reader sh -c "<>/tmp-node"');
    assert.match(output, /No such file or directory[^]*Operation not permitted/);
  });

  it('keeps what a program wrote', async () => {
    assert.equal(await guest.output('i2cget -y 1 0x20 0x07'), '0x42');
  });

  it('moves as the scenario says when it is told to play', async () => {
    await guest.output('i2cset -f -y 1 0x76 0xf6 0x5e; echo >/run/lkit/hardware/play.heat');
    await guest.until('grep over /var/log/scenario-heat.log');
    assert.equal(await sysfs('/sys/bus/i2c/devices/*-0076/iio:device*/in_temp_input'), 40_000);
    assert.equal(await sysfs('/sys/bus/i2c/devices/*-0048/hwmon/*/temp1_input'), 30_000);
    assert.equal(await guest.output('i2cget -f -y 1 0x76 0xf6'), '0x5e', 'the neighbour’s own byte stays');
  });

  it('traces every access, with its time', async () => {
    const trace = await guest.output('cat /sys/kernel/tracing/trace');
    assert.match(
      trace,
      /^ +hardware-\d+ .* \d+\.\d{6}: smbus_write: i2c-1 a=076 .* c=f4 I2C_BLOCK_DATA l=2 \[01-57\]/m,
    );
    assert.match(trace, /^ +i2cset-\d+ .* smbus_write: i2c-1 a=020 .* c=7 BYTE_DATA l=1 \[42\]/m);
  });

  it('powers off', async () => {
    guest.type('poweroff\n');
    assert.equal(await guest.ended(), 0);
  });
});
