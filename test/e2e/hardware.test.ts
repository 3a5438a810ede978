import assert from 'node:assert/strict';
import path from 'node:path';
import { FixtureGuest } from '../support/fixture.ts';
import { lkit, root, startLkit, withTempDir } from '../support/lkit.ts';

describe('emulated hardware', function () {
  this.timeout(180_000);
  let guest: FixtureGuest;

  before(async () => {
    guest = await FixtureGuest.boot('hardware');
    await guest.waitFor(/:~# $/, 150_000);
    // Until it has set a temperature in all of the chip's registers, what the driver makes of its humidity is off.
    await guest.until('grep over /var/log/scenario-thaw.log');
  });

  after(async () => {
    await guest.kill();
  });

  /** A number out of a file of sysfs, in which `*` stands for numbers that the kernel chose. */
  async function sysfs(file: string): Promise<number> {
    return Number(await guest.output(`cat ${file}`));
  }

  /** What `lkit i2c` prints about the machine. */
  async function i2c(subcommand: string, ...args: readonly string[]): Promise<string> {
    const { stdout, stderr, exitCode } = await lkit([
      'i2c',
      subcommand,
      path.join(guest.folder, 'hardware-state'),
      ...args,
    ]);
    assert.equal(exitCode, 0, stderr);
    return stdout;
  }

  it('is measured right by the kernel’s own drivers', async () => {
    const bmp280 = '/sys/bus/i2c/devices/*-0076/iio:device*';
    assert.equal(await sysfs(`${bmp280}/in_temp_input`), 25_080);
    assert.ok(Math.abs((await sysfs(`${bmp280}/in_pressure_input`)) * 1000 - 100_653) <= 4);
    assert.equal(await sysfs('/sys/bus/i2c/devices/*-0048/hwmon/*/temp1_input'), 21_500);
    assert.equal(await sysfs('/sys/bus/i2c/devices/*-0049/hwmon/*/temp1_input'), -7250);
    assert.equal(await sysfs('/sys/bus/i2c/devices/*-004a/iio:device*/in_voltage0_raw'), 24_000);
    const humidity = await sysfs('/sys/bus/i2c/devices/*-0077/iio:device*/in_humidityrelative_input');
    assert.ok(Math.abs(humidity - 61_000) <= 50, String(humidity));
    // −0.15 V at the shunt; 11.98 V in steps of 4 mV. The driver takes the shunt for 0.01 Ω until it is told.
    const ina219 = '/sys/bus/i2c/devices/*-0040/iio:device*';
    assert.equal(await sysfs(`${ina219}/in_voltage0_raw`), -15_000);
    assert.equal(await sysfs(`${ina219}/in_voltage1_raw`), 2995);
    await guest.output(`echo 0.1 >$(echo ${ina219}/in_shunt_resistor)`);
    assert.equal((await sysfs(`${ina219}/in_current3_raw`)) * (await sysfs(`${ina219}/in_current3_scale`)), -1500);
    for (const [address, bytes] of [
      ['0050', 128],
      ['0051', 256],
    ] as const) {
      const memory = `/sys/bus/i2c/devices/*-${address}/eeprom`;
      assert.equal(
        await guest.output(`head -n 1 ${memory}; cat ${memory} | wc -c`),
        `copied from this computer\n${bytes}`,
      );
    }
  });

  it('changes when a line of the console says so, of a container or of another scenario', async () => {
    assert.equal(await sysfs('/sys/bus/i2c/devices/*-0077/iio:device*/in_temp_input'), 5000);
    assert.equal(await guest.output('ls /run/lkit/hardware'), 'play.heat', 'what is over waits for nothing');
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
    await guest.output('i2cset -f -y 1 0x76 0xf6 0x5e');
    await i2c('play', 'heat');
    await guest.until('grep over /var/log/scenario-heat.log');
    assert.equal(await sysfs('/sys/bus/i2c/devices/*-0076/iio:device*/in_temp_input'), 40_000);
    assert.equal(await sysfs('/sys/bus/i2c/devices/*-0048/hwmon/*/temp1_input'), 30_000);
    assert.equal(await guest.output('i2cget -f -y 1 0x76 0xf6'), '0x5e', 'the neighbour’s own byte stays');
  });

  it('is listed, read and changed from outside, in physical units and by registers', async () => {
    assert.match(
      await i2c('ls'),
      /^sensors +0x77 +bme280 +bme280 +temperature 5 °C, pressure 101325(\.\d+)? Pa, humidity 61 %$/m,
    );
    assert.equal(await i2c('get', 'bmp280', 'temperature'), '40 °C\n');
    assert.equal(await i2c('get', 'bmp280', '0xf4'), '0x57\n', 'what the driver wrote');
    await i2c('set', 'bmp280', 'temperature=-3.5°C', 'pressure=990 hPa');
    assert.equal(await sysfs('/sys/bus/i2c/devices/*-0076/iio:device*/in_temp_input'), -3500);
    assert.ok(
      Math.abs((await sysfs('/sys/bus/i2c/devices/*-0076/iio:device*/in_pressure_input')) * 1000 - 99_000) <= 4,
    );
    assert.equal(await i2c('get', 'bmp280', '0xf4'), '0x57\n', 'not what the driver wrote');
    await i2c('set', 'board', '0x01=0x99');
    assert.equal(await guest.output('i2cget -y 1 0x20 0x00 w'), '0x9901');
    assert.match(await i2c('dump', 'board'), /^00: 01 99 03 00 00 00 00 42 /m);
  });

  it('says from outside what cannot be', async () => {
    const state = path.join(guest.folder, 'hardware-state');
    for (const [args, expected] of [
      [['get', state, 'bmp28'], /there is no device "bmp28" \(did you mean "bmp280"\?\)/],
      [['set', state, 'bmp280', 'temperature=99 °C'], /temperature: "99 °C" is outside of the device's range/],
      [['play', state, 'heta'], /there is no scenario "heta" \(did you mean "heat"\?\)/],
    ] as const) {
      const { exitCode, stderr } = await lkit(['i2c', ...args]);
      assert.equal(exitCode, 2);
      assert.match(stderr, expected);
    }
  });

  it('traces every access since the boot, and not what lkit itself does', async () => {
    const child = startLkit(['i2c', 'trace', path.join(guest.folder, 'hardware-state')]);
    let trace = '';
    const seen = new Promise<void>((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        trace += text;
        if (/board +write 0x77/.test(trace)) resolve();
      });
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    await guest.output('i2cset -y 1 0x20 0x77 0x66');
    await seen;
    child.kill('SIGINT');
    assert.equal(await ended, 130);
    assert.match(trace, /^ +\d+\.\d{6} {2}bmp280 +write 0xf4 {2}57 {2}\(hardware\)$/m);
    assert.match(trace, /^ +\d+\.\d{6} {2}bmp280 +read {2}0x88 {2}70 {2}\(hardware\)$/m);
    assert.match(trace, /^ +\d+\.\d{6} {2}board +write 0x07 {2}42 {2}\(i2cset\)$/m);
    assert.doesNotMatch(trace, /bmp280 .*\(i2cdump\)/);
  });

  it('powers off', async () => {
    guest.type('poweroff\n');
    assert.equal(await guest.ended(), 0);
  });
});

describe('emulated hardware on arm64', function () {
  this.timeout(300_000);

  it('is read by a program, and by the drivers of a clock, a sensor and an EEPROM', async () => {
    await withTempDir(async (cwd) => {
      const { exitCode, stdout, stderr } = await lkit(['test', path.join(root, 'test/e2e/fixtures/arm64')], { cwd });
      assert.equal(exitCode, 0, stdout + stderr);
    });
  });
});
