import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Guest } from '../support/guest.ts';
import { lkit, root } from '../support/lkit.ts';

for (const arch of ['amd64', 'arm64']) {
  describe(`examples/minimal.yml on ${arch}`, function () {
    this.timeout(180_000);
    let folder: string;
    let guest: Guest;

    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'lkit-test-'));
      const built = await lkit(['build', '--arch', arch, path.join(root, 'examples/minimal.yml')], { cwd: folder });
      assert.equal(built.exitCode, 0, built.stderr);
      guest = new Guest(['qemu', '-mem', '512', '-cpus', '2', 'minimal'], { cwd: folder });
    });

    after(async () => {
      await guest.kill();
      await rm(folder, { recursive: true });
    });

    it('reaches a shell prompt, after saying how to leave', async () => {
      await guest.waitFor(/:~# $/, 150_000);
      assert.match(guest.messages, /To stop the machine/);
      assert.match(guest.console, /"poweroff" powers off/);
    });

    it('runs its services as containerd tasks', async () => {
      const { output, exitCode } = await guest.run(
        'until ctr -n services.linuxkit tasks ls | grep -q hello_world; do sleep 1; done; ctr -n services.linuxkit tasks ls',
      );
      assert.equal(exitCode, 0);
      assert.match(output, /^getty +\d+ +RUNNING$/m);
      assert.match(output, /^hello_world +\d+ +RUNNING$/m);
    });

    it('shows, stops, starts and restarts a service by name', async () => {
      assert.match((await guest.run('service ls')).output, /hello_world/);
      assert.match((await guest.run('service logs hello_world')).output, /Hello/i);
      assert.equal((await guest.run('service stop hello_world')).exitCode, 0);
      assert.doesNotMatch((await guest.run('ctr -n services.linuxkit tasks ls')).output, /hello_world.*RUNNING/);
      assert.equal((await guest.run('service start hello_world')).exitCode, 0);
      assert.match((await guest.run('ctr -n services.linuxkit tasks ls')).output, /hello_world.*RUNNING/);
      const before = await guest.run('ctr -n services.linuxkit tasks ls | grep hello_world');
      assert.equal((await guest.run('service restart hello_world')).exitCode, 0);
      const after = await guest.run('ctr -n services.linuxkit tasks ls | grep hello_world');
      assert.match(after.output, /RUNNING/);
      assert.notEqual(after.output, before.output, 'the restarted service has a new process');
      assert.notEqual((await guest.run('service start no-such-service')).exitCode, 0);
    });

    it('has a network', async () => {
      assert.match((await guest.run('ip -4 addr show eth0')).output, /inet 10\.0\.2\.15/);
    });

    it('powers off within 3 s of guest time, and lkit with exit code 0', async () => {
      const { output } = await guest.run('cut -d" " -f1 /proc/uptime');
      guest.type('poweroff\n');
      const match = await guest.waitFor(/\[ *(\d+\.\d+)\] reboot: Power down/);
      assert.equal(await guest.ended(), 0);
      const seconds = Number(match[1]) - Number(output.trim());
      assert.ok(seconds < 3, `powering off took ${seconds} s of guest time`);
    });
  });
}
