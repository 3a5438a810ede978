import assert from 'node:assert/strict';
import { FixtureGuest } from '../support/fixture.ts';
import { testNamespaces } from '../support/namespaces.ts';

describe('containers', function () {
  this.timeout(180_000);
  let guest: FixtureGuest;

  /** The output of a command in a service; it must succeed. */
  const inside = (service: string, command: string): Promise<string> =>
    guest.output(`crun exec ${service} sh -c '${command}'`);

  before(async () => {
    guest = await FixtureGuest.boot('containers', 'namespaces', 'crun');
    await guest.waitFor(/:~# /);
    await guest.until('[ $(service ls | grep -c running) = 7 ]');
  });

  after(async () => {
    await guest.kill();
  });

  it('find the mounts and folders of `runtime`, in that order, and the control groups', async () => {
    assert.match(guest.console, /^\[prepared\] \/made:\n\[prepared\] deeply\n/m);
    assert.match(guest.console, /^\[prepared\] \/mounted:\n\[prepared\] on-the-mount\n/m);
    assert.match(guest.console, /^\[prepared\] tmpfs \/mounted tmpfs .*\bsize=1024k\b/m);
    assert.match(await guest.output('grep " /var/lib/mounted " /proc/mounts'), / rw,nosuid,/);
    assert.equal(await guest.output('cat /var/lib/mounted/written'), '1');
    assert.match(await guest.output('cat /sys/fs/cgroup/group-of-ours/cgroup.type'), /domain/);
  });

  it('see the control groups of the system, which a kubelet or dockerd among them arranges', async () => {
    const own = await guest.output('readlink /proc/1/ns/cgroup');
    assert.equal(await inside('readonly', 'readlink /proc/self/ns/cgroup'), own);
    assert.match(await inside('readonly', 'cat /sys/fs/cgroup/group-of-ours/cgroup.type'), /domain/);
  });

  it('share busybox with the system where theirs is the same', async () => {
    assert.notEqual(await guest.output('grep -c ":/lkit/base" /proc/mounts'), '0');
    const digest = await guest.output('sha256sum </bin/busybox');
    assert.equal(await inside('host-of-net', 'sha256sum </bin/busybox'), digest);
  });

  it('were started in a boot of which the guest knows what it took', async () => {
    const times = await guest.output('boot-times');
    for (const what of ['kernel', 'stage-0', 'onboot prepared', 'service getty'])
      assert.match(times, new RegExp(` ${what}$`, 'm'));
  });

  testNamespaces({
    outside: (command) => guest.output(command),
    inside,
  });

  it('have a read-only root, and places to write', async () => {
    assert.match(
      await inside('readonly', 'touch /x /etc/x 2>&1 || true'),
      /^touch: \/x: Read-only file system\ntouch: \/etc\/x: Read-only/,
    );
    assert.equal(await inside('readonly', 'touch /run/x && stat -c %a /run'), '711');
  });

  it('have a writable root, which begins anew with each start', async () => {
    await inside('writable', 'touch /etc/kept && rm /bin/wc && chown 5 /etc/kept');
    assert.equal(
      await inside('writable', 'stat -c %u /etc/kept; ls /bin/wc 2>&1 || true'),
      '5\nls: /bin/wc: No such file or directory',
    );
    await guest.output('service restart writable');
    assert.equal(
      await inside('writable', 'ls /bin/wc; ls /etc/kept 2>&1 || true'),
      '/bin/wc\nls: /etc/kept: No such file or directory',
    );
  });

  it('have the capabilities that they are given', async () => {
    const capabilities = async (service: string): Promise<string> =>
      (await inside(service, 'grep -E "^Cap(Eff|Bnd)" /proc/1/status')).replaceAll(/\s+/g, ' ');
    assert.equal(await capabilities('readonly'), 'CapEff: 0000000000000000 CapBnd: 0000000000000000');
    // CAP_CHOWN is 0, CAP_KILL is 5, CAP_NET_ADMIN is 12.
    assert.equal(await capabilities('writable'), 'CapEff: 0000000000000021 CapBnd: 0000000000000021');
    assert.equal(await capabilities('host-of-net'), 'CapEff: 0000000000001000 CapBnd: 0000000000001000');
  });

  it('run as who they shall, within their limits', async () => {
    const status = (await inside('user', 'cat /proc/1/status')).replaceAll('\t', ' ');
    // Ids are given from 100 on, in order: onboot, onshutdown, services.
    assert.match(status, /^Uid: 108 108 108 108$/m);
    assert.match(status, /^Gid: 107 107 107 107$/m);
    assert.match(status, /^Groups: 44 $/m);
    assert.match(status, /^NoNewPrivs: 1$/m);
    assert.match(status, /^CapAmb: 0000000000000400$/m);
    assert.match(status, /^CapEff: 0000000000000400$/m);
    assert.match(await inside('user', 'grep "open files" /proc/1/limits'), /open files +100 +200/);
    assert.equal(await inside('user', 'cat /proc/1/oom_score_adj'), '123');
    assert.equal(await guest.output('readlink /proc/$(cat /run/lkit/services/user/pid)/cwd'), '/tmp/work');
  });

  it('come with `files:` as they were asked for', async () => {
    const paths = [
      'etc/plain',
      'etc/ours',
      'etc/ours/key',
      'srv/empty',
      'etc/copied',
      'etc/system.yml',
      'usr/bin/from-files',
    ];
    const stat = await guest.output(`cd /; stat -c '%n %a %u %g %F' ${paths.join(' ')}; cd`);
    assert.deepEqual(stat.split('\n'), [
      'etc/plain 600 0 0 regular file',
      'etc/ours 750 108 44 directory',
      'etc/ours/key 640 108 44 regular file',
      'srv/empty 711 107 107 directory',
      'etc/copied 444 0 0 regular file',
      'etc/system.yml 600 0 0 regular file',
      'usr/bin/from-files 755 0 0 regular file',
    ]);
    assert.equal(await guest.output('readlink /etc/link; cat /etc/link'), 'ours/key\nsecret');
    assert.equal(await guest.output('cat /etc/plain /etc/copied; from-files'), 'text\ncopied from this computer\nruns');
    await guest.output('[ ! -e /etc/absent ]');
    assert.match(await guest.output('grep -A1 "name: farewell" /etc/system.yml'), /image: pkg:\.\/toolbox/);
    const metadata = JSON.parse(await guest.output("tr -d '\\n' </etc/system.json | base64 -w 0 | base64 -d")) as {
      readonly onshutdown: readonly { readonly name: string }[];
    };
    assert.deepEqual(
      metadata.onshutdown.map(({ name }) => name),
      ['farewell', 'clumsy', 'last'],
    );
  });

  it('of `onshutdown` run one after another on a clean power-off; one that fails is named', async () => {
    await guest.output('mkdir -p /var/lib/state && echo everything >/var/lib/state/unsaved');
    guest.type('poweroff\n');
    await guest.waitFor(/\[farewell\] saving everything$/m);
    await guest.waitFor(/^lkit: onshutdown container clumsy failed with exit code 3\n {4}cannot save$/m);
    await guest.waitFor(/^\[last\] good night$/m);
    await guest.waitFor(/reboot: Power down/);
    assert.equal(await guest.ended(), 0);
  });
});
