import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { Slots } from '../../pkg/registry/slots.ts';
import { Guest } from '../support/guest.ts';
import { lkit, root } from '../support/lkit.ts';

const says =
  (...texts: readonly RegExp[]) =>
  async (guest: Guest): Promise<void> => {
    // In whichever order they come.
    for (const text of texts) await guest.waitFor(new RegExp(`(?=[^]*${text.source})`, 'm'), 120_000);
  };

/** Each example, and what shows that it runs. Those without a check of their own are booted on arm64 by other tests. */
const examples: Readonly<Record<string, ((guest: Guest) => Promise<void>) | undefined>> = {
  minimal: undefined,
  tiny: says(/^\[hello\] Hello from a container of one program\.$/),
  i2c: async (guest) => {
    await guest.waitFor(/:~# $/, 120_000);
    assert.match((await guest.run('i2cdetect -y 0')).output, / 76 /);
    const read = 'until grep "register 0xd0: 0x00" /var/log/hello_world.log; do sleep 0.2; done';
    assert.match((await guest.run(read)).output, /^chip 0x76, /);
  },
  'edge-arm64': undefined,
  'bmp280/bmp280': says(/^\[bmp280-c\] temperature 25.08 °C, /, /^\[bmp280-python\] temperature 25.08 °C, /),
  'eeprom/eeprom': undefined,
  'rtc/rtc': says(/^\[clock\] temperature 21.25 °C$/, /^\[clock\] time 2028-02-2\d /),
  'module/kernel': undefined,
};

describe('every example, built for arm64 on any host', function () {
  this.timeout(400_000);
  let folder: string;
  let checks: ReadonlyMap<string, Promise<void>>;

  /** Builds an example and, where it is not booted elsewhere, waits until its machine has said all that it should. */
  const check = async (example: string): Promise<void> => {
    const name = path.basename(example);
    const built = await lkit(['build', '--no-lock', '--arch', 'arm64', `${example}.yml`], { cwd: folder });
    assert.equal(built.exitCode, 0, built.stderr);
    const isAsItShouldBe = examples[example];
    if (isAsItShouldBe === undefined) return;
    const guest = new Guest(['qemu', '-mem', '384', '-cpus', '1', '-timeout', '300s', name], { cwd: folder });
    try {
      await isAsItShouldBe(guest);
    } finally {
      await guest.kill();
    }
  };

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lkit-test-'));
    await cp(path.join(root, 'examples'), folder, { recursive: true });
    const main = `${process.execPath} ${path.join(root, 'dist/bin/lkit.js')}`;
    await execa('make', ['-C', 'hellocontainer', 'CC=aarch64-linux-gnu-gcc', `LKIT=${main}`], { cwd: folder });
    await execa('make', ['-C', 'bmp280', 'ARCH=arm64'], { cwd: folder });
    const slots = new Slots(2);
    checks = new Map(Object.keys(examples).map((name) => [name, slots.run(() => check(name))]));
    for (const each of checks.values()) each.catch(() => undefined);
  });

  after(async () => {
    await Promise.allSettled(checks.values());
    await rm(folder, { recursive: true });
  });

  for (const name of Object.keys(examples)) it(name, () => checks.get(name));

  it('and every package that there is for an architecture', async () => {
    for (const arch of ['arm64', 'amd64']) {
      const { exitCode, stdout, stderr } = await lkit(['pkg', 'build', '--arch', arch]);
      assert.equal(exitCode, 0, stderr);
      // Debian's kernel for amd64 has all that this one is for.
      assert.equal(/^kernel_i2c /m.test(stdout), arch === 'arm64');
    }
  });
});
