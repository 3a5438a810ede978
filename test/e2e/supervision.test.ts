import assert from 'node:assert/strict';
import { FixtureGuest } from '../support/fixture.ts';

/** Under emulation containerd needs seconds to start a container; crun, a tenth of one. */
const runtimes = [
  { runtime: 'crun', startSeconds: 10, refusal: /executable file .\/usr\/bin\/no-such-program. not found/ },
  { runtime: 'containerd', startSeconds: 20, refusal: /exec: "\/usr\/bin\/no-such-program": .*no such file/ },
] as const;

for (const { runtime, startSeconds, refusal } of runtimes) {
  describe(`supervision with ${runtime}`, function () {
    this.timeout(180_000);
    let guest: FixtureGuest;

    const hasState = (service: string, state: string): Promise<string> =>
      guest.until(`[ "$(cat /run/lkit/services/${service}/state)" = ${state} ]`);
    const restartsOf = (service: string): Promise<string> =>
      guest.output(`cat /run/lkit/services/${service}/restarts 2>/dev/null || echo 0`);

    before(async () => {
      guest = await FixtureGuest.boot('supervision', runtime);
      await guest.waitFor(/:~# /);
    });

    after(async () => {
      await guest.kill();
    });

    it('names an onboot container that fails, with its exit code and output, and goes on', () => {
      assert.match(guest.console, /^lkit: onboot container broken failed with exit code 4\n {4}no such sensor$/m);
      assert.match(guest.console, /^lkit: onboot container absent did not start: .*no-such-program/m);
      assert.doesNotMatch(guest.console, /onboot container after/);
    });

    it('starts services in the order of `dependsOn`, and waits for health', async () => {
      await guest.until('[ "$(wc -l 2>/dev/null </var/order/log)" = 4 ]', 60);
      assert.equal(await guest.output('cat /var/order/log'), 'first\nmiddle\nmiddle is healthy\nlast');
      await hasState('last', 'running');
      await hasState('middle', 'healthy');
    });

    it('names a service that cannot start, with the reason', async () => {
      await hasState('no-program', 'failed');
      const line = /lkit: service no-program did not start: .*$/m.exec(guest.console)?.[0] ?? '';
      assert.match(line, refusal);
    });

    it('names a service that fails, with its last output, and leaves it when nothing else is asked for', async () => {
      await hasState('once', 'failed');
      assert.match(guest.console, /lkit: service once exited with code 5\n {4}gives up$/m);
      assert.equal(await restartsOf('once'), '0');
    });

    it('does not start a service with `restart: on-failure` again that has done its work', async () => {
      await hasState('first', 'exited');
      assert.equal(await restartsOf('first'), '0');
    });

    it('starts one again that fails, and lets it wait twice as long each time', async () => {
      await guest.until("grep -q 'looping.*restarting in 2.000 s' /var/log/lkit.log", 60);
      const log = await guest.output('cat /var/log/lkit.log');
      const delays = [...log.matchAll(/^service looping exited with code 7; restarting in (.*) s$/gm)];
      assert.deepEqual(
        delays.slice(0, 3).map((match) => match[1]),
        ['0.500', '1.000', '2.000'],
      );
      const [first, second, third] = (await guest.output('cat /var/log/looping.log')).split('\n').map(Number);
      assert.ok(second! - first! >= 0.5 && third! - second! >= 1, `started at ${first!}, ${second!} and ${third!} s`);
    });

    it('has a killed service with `restart: always` back after its delay', async () => {
      const folder = '/run/lkit/services/always';
      const killed = Number(await guest.output(`kill -9 $(cat ${folder}/pid); cut -d " " -f 1 /proc/uptime`));
      await guest.until(`[ -e ${folder}/restarts ] && [ -e ${folder}/pid ]`);
      // Field 22 of stat: when the process started, in hundredths of a second (proc.5).
      const started = Number(await guest.output(`cut -d " " -f 22 /proc/$(cat ${folder}/pid)/stat`)) / 100;
      const seconds = started - killed;
      assert.ok(seconds > 1.5 && seconds < 2 + startSeconds, `back after ${seconds} s`);
      assert.match(guest.console, /lkit: service always exited with code 137; restarting in 2\.000 s$/m);
    });

    if (runtime === 'containerd') {
      it('runs each service in the containerd namespace of `runtime: namespace`', async () => {
        assert.match(await guest.output('ctr -n elsewhere tasks ls'), /^always +\d+ +RUNNING$/m);
        const tasks = await guest.output('ctr -n services.linuxkit tasks ls');
        assert.match(tasks, /^getty +\d+ +RUNNING$/m);
        assert.doesNotMatch(tasks, /^always/m);
      });
    }
  });
}

describe('an onboot container that fails', function () {
  this.timeout(120_000);
  let guest: FixtureGuest;

  afterEach(async () => {
    await guest.kill();
  });

  it('stops the boot and fails the run: `onFailure: halt`', async () => {
    guest = await FixtureGuest.boot('halt', 'crun');
    assert.equal(await guest.ended(100_000), 1);
    assert.match(
      guest.console,
      /^lkit: onboot container sensor failed with exit code 42\n {4}looking for the sensor\n {4}no sensor at 0x76\n/m,
    );
    assert.match(guest.console, /^lkit: boot halted: onboot container sensor failed with exit code 42$/m);
    assert.match(guest.console, /^\[fine\] done$/m);
    assert.doesNotMatch(guest.console, /must not run/);
    assert.match(guest.messages, /halted its boot: onboot container sensor failed with exit code 42/);
  });

  it('reboots, which ends the run: `onFailure: reboot`', async () => {
    guest = await FixtureGuest.boot('reboot', 'containerd');
    assert.equal(await guest.ended(100_000), 0);
    assert.match(guest.console, /^lkit: onboot container sensor did not start: .*no-such-program/m);
    assert.match(guest.console, /^lkit: rebooting: onboot container sensor did not start/m);
    assert.match(guest.console, /reboot: Restarting system/);
  });
});
