import assert from 'node:assert/strict';

/** A machine with what `test/e2e/fixtures/namespaces.yml` describes, whatever runs its containers. */
export interface NamespacesGuest {
  /** The output of a command at the shell prompt, which must succeed. */
  readonly outside: (command: string) => Promise<string>;
  /** The same for a command in a service. */
  readonly inside: (service: string, command: string) => Promise<string>;
}

/** Tests of `runtime: interfaces`, `bindNS`, and of namespaces to join. */
export function testNamespaces({ outside, inside }: NamespacesGuest): void {
  it('find the modules of `kernel: modules:` loaded, with their parameters', async () => {
    await outside('[ -e /sys/module/veth ]');
    assert.equal(await outside('ls -1d /sys/class/net/dummy[0-9]'), '/sys/class/net/dummy0\n/sys/class/net/dummy1');
  });

  it('get the interfaces of `runtime`: moved, created inside, created in the root, one end of a pair', async () => {
    const links = await inside('host-of-net', 'ip -o link');
    const names = [...links.matchAll(/^\d+: ([^:@]+)/gm)].map((match) => match[1]).sort();
    assert.deepEqual(names, ['dummy-in', 'dummy-root', 'lo', 'veth-in']);
    assert.match(await inside('mover', 'ip -o link'), / moved0:.* 02:00:00:00:00:42 /);
    const all = await outside('ip -o link');
    assert.match(all, / veth-out@/);
    assert.doesNotMatch(all, / (dummy-in|dummy-root|moved0|veth-in)\b/);
  });

  it('talk over the pair', async () => {
    await inside('host-of-net', 'ip addr add 192.0.2.2/24 dev veth-in && ip link set veth-in up');
    await outside('ip addr add 192.0.2.1/24 dev veth-out && ip link set veth-out up');
    assert.match(await outside('ping -c 1 -w 10 192.0.2.2'), /1 packets received/);
  });

  it('join the namespaces that `bindNS` keeps', async () => {
    for (const kind of ['net', 'uts', 'ipc']) {
      const own = await inside('host-of-net', `readlink /proc/self/ns/${kind}`);
      assert.match(own, new RegExp(`^${kind}:\\[\\d+\\]$`));
      assert.equal(await inside('guest-of-net', `readlink /proc/self/ns/${kind}`), own);
      assert.notEqual(await outside(`readlink /proc/1/ns/${kind}`), own);
    }
    assert.equal(await inside('guest-of-net', 'cat /proc/sys/kernel/hostname'), 'named-here');
    assert.match(await outside('nsenter --net=/run/netns/shared ip -o link'), / veth-in@/);
    assert.equal(
      await outside('nsenter --mount=/run/ns/mnt /bin/ls /containers 2>&1 || echo'),
      'ls: /containers: No such file or directory',
    );
  });

  it('get their interfaces again when they are restarted', async () => {
    await outside('service restart host-of-net');
    assert.match(await inside('host-of-net', 'ip -o link'), / veth-in@/);
    assert.match(await outside('ip -o link'), / veth-out@/);
    assert.match(await outside('nsenter --net=/run/netns/shared ip -o link'), / veth-in@/);
  });
}
