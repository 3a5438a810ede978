import assert from 'node:assert/strict';
import { FixtureGuest } from '../support/fixture.ts';
import { startLkit, withTempDir } from '../support/lkit.ts';

/** The table in docs/hardware.md. */
describe('what Debian’s kernel emulates', function () {
  this.timeout(180_000);
  let guest: FixtureGuest;

  before(async () => {
    guest = await FixtureGuest.boot('emulated');
    await guest.waitFor(/:~# $/, 150_000);
  });

  after(async () => {
    await guest.kill();
  });

  const devices: readonly (readonly [string, string, RegExp])[] = [
    ['a watchdog', 'cat /sys/class/watchdog/*/identity; ls /dev/watchdog', /^Software Watchdog\n\/dev\/watchdog$/],
    ['a CAN bus', 'ip link add vcan0 type vcan && ip link set vcan0 up && cat /sys/class/net/vcan0/type', /^280$/],
    ['a sound card', 'cat /proc/asound/cards && ls /dev/snd', /Dummy - Dummy[^]*controlC0/],
    ['network interfaces', 'ip link add pair0 type veth && ls /sys/class/net', /\bdummy0\b[^]*\bpair0\b[^]*\bveth0\b/],
    ['wireless networks', 'ls /sys/class/ieee80211', /^phy0\s+phy1$/],
    ['a SCSI disk', 'cat /sys/block/sda/device/model /sys/block/sda/size', /^scsi_debug\s+16384$/],
  ];
  for (const [name, command, expected] of devices) {
    it(name, async () => {
      assert.match(await guest.output(command), expected);
    });
  }

  it('a USB device and its host, connected to each other', async () => {
    await guest.until('[ -c /dev/ttyACM0 ] && [ -c /dev/ttyGS0 ]');
    await guest.output('stty raw -echo </dev/ttyACM0; stty raw -echo </dev/ttyGS0');
    assert.equal(
      await guest.output('(sleep 0.3; echo hello >/dev/ttyGS0) & timeout 10 head -n 1 </dev/ttyACM0'),
      'hello',
    );
  });

  it('but no GPIO lines, no clock for tests, no I2C controller with plain transfers, nor drivers for four models', async function () {
    const ofModels = ['pinctrl-mcp23s08_i2c', 'gpio-pcf857x', 'tmp117', 'rtc-ds1307'];
    for (const module of ['gpio-sim', 'gpio-mockup', 'rtc-test', 'i2c-virtio', ...ofModels]) {
      await withTempDir(async (cwd) => {
        const child = startLkit(['build', '-'], { cwd });
        let stderr = '';
        child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
        const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
        child.stdin.end(`kernel: {image: "pkg:kernel", modules: [${module}]}\ninit: ["pkg:init"]\n`);
        assert.equal(await ended, 2);
        assert.match(stderr, new RegExp(`has no module "${module}"`));
      });
    }
  });
});
