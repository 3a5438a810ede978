import assert from 'node:assert/strict';
import type { MountSpec, RuntimeSpec } from '../../../pkg/spec/index.ts';
import { bundle, text } from './support.ts';

/** The commands of a script that name a path of the test, without indentation. */
function commands(script: string, about: string): readonly string[] {
  return script
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.includes(about) && !line.startsWith('#'));
}

function mountCommands(mount: MountSpec, about = mount.destination): readonly string[] {
  return commands(text(bundle({ runtime: { mounts: [mount] } }), 'prepare'), about);
}

const rootfs = '/containers/services/web/rootfs';

describe('prepare', () => {
  const mounts: readonly (readonly [MountSpec, readonly string[]])[] = [
    [
      { destination: '/var/a', type: 'ext4', source: '/dev/sda1', options: ['noatime', 'ro'] },
      ["mkdir -p '/var/a'", "mount -t 'ext4' -o 'noatime,ro' '/dev/sda1' '/var/a'"],
    ],
    [{ destination: '/var/a', type: 'tmpfs' }, ["mkdir -p '/var/a'", "mount -t 'tmpfs' 'tmpfs' '/var/a'"]],
    [{ destination: '/var/a', type: 'bind', source: '/b' }, ["mkdir -p '/var/a'", "mount -o 'bind' '/b' '/var/a'"]],
    [
      { destination: '/var/a', type: 'bind', source: '/b', options: ['rbind', 'ro', 'rshared'] },
      ["mkdir -p '/var/a'", "mount -o 'rbind,ro' '/b' '/var/a'", "mount --make-rshared '/var/a'"],
    ],
    [
      { destination: '/var/a', options: ['remount', 'private'] },
      ["mkdir -p '/var/a'", "mount --make-private '/var/a'"],
    ],
    [
      { destination: '/var/a', options: ['remount', 'ro'] },
      ["mkdir -p '/var/a'", "mount -o 'remount,ro' 'none' '/var/a'"],
    ],
    [{ destination: "/it's", type: 'tmpfs' }, ["mkdir -p '/it'\\''s'", "mount -t 'tmpfs' 'tmpfs' '/it'\\''s'"]],
  ];
  for (const [mount, expected] of mounts) {
    it(`mounts ${JSON.stringify(mount)}`, () => {
      assert.deepEqual(mountCommands(mount, mount.destination.replace("it's", 'it')), expected);
    });
  }

  it('makes the folders that an overlay needs', () => {
    const options = ['lowerdir=/l', 'upperdir=/var/a/u', 'workdir=/var/a/w'];
    assert.deepEqual(mountCommands({ destination: '/var/a/m', type: 'overlay', options }, '/var/a'), [
      "mkdir -p '/var/a/u'",
      "mkdir -p '/var/a/w'",
      "mkdir -p '/var/a/m'",
      "mount -t 'overlay' -o 'lowerdir=/l,upperdir=/var/a/u,workdir=/var/a/w' 'overlay' '/var/a/m'",
    ]);
  });

  it('takes relative paths as paths in the root, mounts before folders', () => {
    const runtime = { mounts: [{ destination: 'x', type: 'tmpfs' }], mkdir: ['x/y', '/z'] };
    const script = text(bundle({ runtime }), 'prepare');
    const order = [`mount -t 'tmpfs' 'tmpfs' '${rootfs}/x'`, `mkdir -p '${rootfs}/x/y'`, "mkdir -p '/z'"];
    const places = order.map((line) => script.indexOf(line));
    assert.ok(
      places.every((place, index) => place > (places[index - 1] ?? 0)),
      script,
    );
  });
});

describe('attach', () => {
  it('is there only when there is something to do', () => {
    const has = (runtime: RuntimeSpec): boolean =>
      bundle({ net: 'new', runtime }).files.some(({ path }) => path.endsWith('/attach'));
    assert.equal(has({ interfaces: [], bindNS: { net: '' }, mkdir: ['/x'] }), false);
    assert.equal(has({ interfaces: [{ name: 'eth0' }] }), true);
    assert.equal(has({ bindNS: { uts: '/run/uts' } }), true);
  });
});

describe('settings', () => {
  it('of a service, as defaults', () => {
    assert.equal(
      text(bundle(), 'service.conf'),
      "RESTART='no'\nRESTART_DELAY_MS='1000'\nDEPENDS_ON=''\nHEALTH_COMMAND=''\nHEALTH_INTERVAL_MS=''\nHEALTH_RETRIES=''\n" +
        "NAMESPACE='services.linuxkit'\nEXEC_USER='0:0'\nEXEC_CWD='/'\n",
    );
  });

  it('of a service, as the YAML says', () => {
    const made = bundle({
      restart: 'always',
      restartDelayMs: 250,
      dependsOn: ['db', 'cache'],
      healthcheck: { command: ['/bin/check', "it's"], intervalMs: 500, retries: 3 },
      runtime: { namespace: 'mine' },
      uid: 5,
      gid: 6,
      cwd: '/srv',
    });
    assert.deepEqual(text(made, 'service.conf').split('\n'), [
      "RESTART='always'",
      "RESTART_DELAY_MS='250'",
      "DEPENDS_ON='db cache'",
      "HEALTH_COMMAND=''\\''/bin/check'\\'' '\\''it'\\''\\'\\'''\\''s'\\'''",
      "HEALTH_INTERVAL_MS='500'",
      "HEALTH_RETRIES='3'",
      "NAMESPACE='mine'",
      "EXEC_USER='5:6'",
      "EXEC_CWD='/srv'",
      '',
    ]);
  });

  it('of an onboot container', () => {
    assert.equal(text(bundle({}, { section: 'onboot' }), 'onboot.conf'), "ON_FAILURE='continue'\n");
    assert.equal(text(bundle({ onFailure: 'halt' }, { section: 'onboot' }), 'onboot.conf'), "ON_FAILURE='halt'\n");
  });
});
