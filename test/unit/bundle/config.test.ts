import assert from 'node:assert/strict';
import type { RuntimeKeys } from '../../../pkg/spec/index.ts';
import { bundle, configPart, type Given, text } from './support.ts';

/** `when` reads as YAML; `part` of config.json must then be `is`. */
interface Case {
  readonly when: RuntimeKeys;
  readonly given?: Given;
  readonly part: string;
  readonly is: unknown;
}

const tmpfs = { type: 'tmpfs', source: 'tmpfs' };
const namespaceTypes = (...types: readonly string[]): unknown => types.map((type) => ({ type }));
const ids = new Map([
  ['dhcp', 100],
  ['web', 101],
]);
const mapping = { hostID: 1000, containerID: 0, size: 10 };

const cases: readonly Case[] = [
  // config.md "Linux Process": what an entry without capabilities gets is none.
  { when: {}, part: 'process.capabilities', is: sets([], []) },
  {
    when: { capabilities: ['CAP_NET_ADMIN', 'CAP_CHOWN'] },
    part: 'process.capabilities',
    is: sets(['CAP_CHOWN', 'CAP_NET_ADMIN'], []),
  },
  { when: { capabilities: ['none'] }, part: 'process.capabilities', is: sets([], []) },
  { when: { capabilities: ['NONE'] }, part: 'process.capabilities', is: sets([], []) },
  {
    // Ambient ones join bounding, inheritable and permitted; effective are `capabilities` alone.
    when: { capabilities: ['CAP_KILL'], ambient: ['CAP_NET_RAW'] },
    part: 'process.capabilities',
    is: {
      bounding: ['CAP_KILL', 'CAP_NET_RAW'],
      effective: ['CAP_KILL'],
      inheritable: ['CAP_KILL', 'CAP_NET_RAW'],
      permitted: ['CAP_KILL', 'CAP_NET_RAW'],
      ambient: ['CAP_NET_RAW'],
    },
  },
  { when: { capabilities: ['all'] }, part: 'process.capabilities.effective.length', is: 41 },
  { when: { ambient: ['all'] }, part: 'process.capabilities.ambient.length', is: 41 },
  { when: { ambient: ['all'] }, part: 'process.capabilities.effective', is: [] },

  { when: { command: ['/bin/x', '-v'] }, part: 'process.args', is: ['/bin/x', '-v'] },
  { when: { env: ['A=1', 'B='] }, part: 'process.env', is: ['A=1', 'B='] },
  { when: { cwd: '/srv' }, part: 'process.cwd', is: '/srv' },
  { when: {}, part: 'process.cwd', is: '/' },
  { when: {}, part: 'process.terminal', is: false },

  { when: {}, part: 'process.user', is: { uid: 0, gid: 0 } },
  { when: { uid: 1000, gid: 50 }, part: 'process.user', is: { uid: 1000, gid: 50 } },
  { when: { uid: 'dhcp', gid: 'web' }, given: { ids }, part: 'process.user', is: { uid: 100, gid: 101 } },
  { when: { uid: 'root', gid: '' }, part: 'process.user', is: { uid: 0, gid: 0 } },
  {
    when: { additionalGids: [5, 'dhcp'] },
    given: { ids },
    part: 'process.user',
    is: { uid: 0, gid: 0, additionalGids: [5, 100] },
  },
  { when: {}, part: 'process.noNewPrivileges', is: false },
  { when: { noNewPrivileges: true }, part: 'process.noNewPrivileges', is: true },
  { when: {}, part: 'process.oomScoreAdj', is: undefined },
  { when: { oomScoreAdj: 0 }, part: 'process.oomScoreAdj', is: 0 },
  { when: { oomScoreAdj: -998 }, part: 'process.oomScoreAdj', is: -998 },

  {
    when: { rlimits: ['nofile,100,200', 'RLIMIT_CORE, 0, 0'] },
    part: 'process.rlimits',
    is: [
      { type: 'RLIMIT_NOFILE', soft: 100, hard: 200 },
      { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
    ],
  },

  { when: {}, part: 'root', is: { path: '/containers/services/web/rootfs', readonly: false } },
  { when: { readonly: true }, part: 'root.readonly', is: true },
  { when: { hostname: 'box', uts: 'new' }, part: 'hostname', is: 'box' },
  { when: { annotations: { b: '2', a: '1' } }, part: 'annotations', is: { a: '1', b: '2' } },

  // A container sees the system's control groups, those of `runtime.cgroups` among them.
  { when: {}, part: 'linux.namespaces', is: namespaceTypes('pid', 'mount') },
  {
    when: { net: 'new', ipc: 'new', uts: 'new', pid: 'new', userns: '/run/ns/u' },
    part: 'linux.namespaces',
    is: [
      ...(namespaceTypes('network', 'ipc', 'uts', 'pid') as object[]),
      { type: 'user', path: '/run/ns/u' },
      ...(namespaceTypes('mount') as object[]),
    ],
  },
  { when: { net: 'none', pid: 'host' }, part: 'linux.namespaces', is: namespaceTypes('network', 'mount') },
  { when: { net: 'root', pid: 'root' }, part: 'linux.namespaces', is: namespaceTypes('mount') },
  {
    when: { net: '/run/netns/wg', pid: '/proc/1/ns/pid' },
    part: 'linux.namespaces',
    is: [{ type: 'network', path: '/run/netns/wg' }, { type: 'pid', path: '/proc/1/ns/pid' }, { type: 'mount' }],
  },
  {
    when: { userns: 'new', net: 'new', uidMappings: [mapping], gidMappings: [mapping] },
    part: 'linux.uidMappings',
    is: [{ hostID: 1000, containerID: 0, size: 10 }],
  },
  {
    when: { userns: 'new', net: 'new', uidMappings: [mapping], gidMappings: [mapping] },
    part: 'linux.gidMappings',
    is: [{ hostID: 1000, containerID: 0, size: 10 }],
  },

  // Unlike Docker, nothing is masked or read-only unless somebody says so.
  { when: {}, part: 'linux.maskedPaths', is: undefined },
  { when: {}, part: 'linux.readonlyPaths', is: undefined },
  { when: { maskedPaths: ['/proc/kcore'] }, part: 'linux.maskedPaths', is: ['/proc/kcore'] },
  { when: { readonlyPaths: ['/proc/sys'] }, part: 'linux.readonlyPaths', is: ['/proc/sys'] },
  {
    when: { net: 'new', sysctl: { 'net.ipv4.ip_forward': '1', 'net.core.somaxconn': '9' } },
    part: 'linux.sysctl',
    is: { 'net.core.somaxconn': '9', 'net.ipv4.ip_forward': '1' },
  },
  {
    when: { net: 'new', sysctl: { 'net/ipv4/ip_forward': '1', 'net/ipv4/conf/eth0.1/forwarding': '0' } },
    part: 'linux.sysctl',
    is: { 'net.ipv4.conf.eth0/1.forwarding': '0', 'net.ipv4.ip_forward': '1' },
  },
  { when: { rootfsPropagation: 'shared' }, part: 'linux.rootfsPropagation', is: 'shared' },
  { when: { cgroupsPath: 'system/web' }, part: 'linux.cgroupsPath', is: 'system/web' },

  // config-linux.md "Devices": fileMode is a decimal number in JSON; each device is also allowed in the cgroup.
  {
    when: { devices: [{ path: '/dev/i2c-0', type: 'c', major: 89, minor: 0, mode: '0660' }] },
    part: 'linux.devices',
    is: [{ path: '/dev/i2c-0', type: 'c', major: 89, minor: 0, fileMode: 432 }],
  },
  {
    when: { devices: [{ path: '/dev/i2c-0', type: 'c', major: 89, minor: 0, mode: '0660' }] },
    part: 'linux.resources.devices',
    is: [{ allow: true, type: 'c', major: 89, minor: 0, access: 'rwm' }],
  },
  {
    when: { devices: [{ path: 'all', type: 'b', major: 0, minor: 0, mode: '' }] },
    part: 'linux.resources.devices',
    is: [{ allow: true, type: 'b', access: 'rwm' }],
  },
  {
    when: { devices: [{ path: 'all', type: 'b', major: 0, minor: 0, mode: '' }] },
    part: 'linux.devices',
    is: undefined,
  },
  {
    when: {
      resources: { devices: [{ allow: false, access: 'rwm' }] },
      devices: [{ path: '/dev/x', type: 'u', major: 4, minor: 64, mode: '600' }],
    },
    part: 'linux.resources.devices',
    is: [
      { allow: false, access: 'rwm' },
      { allow: true, type: 'c', major: 4, minor: 64, access: 'rwm' },
    ],
  },
  {
    when: { devices: [{ path: '/dev/fifo', type: 'p', major: 0, minor: 0, mode: '0600' }] },
    part: 'linux.devices',
    is: [{ path: '/dev/fifo', type: 'p', fileMode: 384 }],
  },
  {
    when: { devices: [{ path: '/dev/fifo', type: 'p', major: 0, minor: 0, mode: '0600' }] },
    part: 'linux.resources',
    is: undefined,
  },

  {
    when: { tmpfs: ['/run:size=1m,mode=0700', '/var'] },
    part: 'mounts',
    is: withDefaults({
      '/run': { ...tmpfs, options: ['size=1m', 'mode=0700'] },
      '/var': { ...tmpfs, options: [] },
    }),
  },
  {
    when: { binds: ['/etc/a:/etc/b', '/lib/modules:/lib/modules:ro'] },
    part: 'mounts',
    is: withDefaults({
      '/etc/b': { type: 'bind', source: '/etc/a', options: ['rw', 'rbind', 'rshared'] },
      '/lib/modules': { type: 'bind', source: '/lib/modules', options: ['ro', 'rbind'] },
    }),
  },
  {
    when: { mounts: [{ destination: '', type: 'mqueue' }] },
    part: 'mounts',
    is: withDefaults({ '/dev/mqueue': { type: 'mqueue', source: 'mqueue', options: [] } }),
  },
  {
    when: { mounts: [{ destination: '/mq', source: 'mqueue', options: ['ro'] }] },
    part: 'mounts',
    is: withDefaults({ '/mq': { type: 'mqueue', source: 'mqueue', options: ['ro'] } }),
  },
  {
    when: { mounts: [{ destination: '/dev', options: ['mode=700'] }] },
    part: 'mounts',
    is: withDefaults({ '/dev': { ...tmpfs, options: ['mode=700'] } }),
  },
  {
    when: { mounts: [{ destination: '/data', type: 'ext4', source: '/dev/sda1', options: ['noatime'] }] },
    part: 'mounts',
    is: withDefaults({ '/data': { type: 'ext4', source: '/dev/sda1', options: ['noatime'] } }),
  },
  {
    when: { mounts: [{ destination: 'inner/', type: 'tmpfs' }] },
    part: 'mounts',
    is: withDefaults({ '/inner': { ...tmpfs, options: [] } }),
  },
  {
    when: { mounts: [{ destination: '/m', type: 'bind', source: '/s', options: ['bind'], uidMappings: [mapping] }] },
    part: 'mounts',
    is: withDefaults({ '/m': { type: 'bind', source: '/s', options: ['bind'], uidMappings: [mapping] } }),
  },
  {
    // A bind mount is one by its options; LinuxKit passes this one on, and runc fails at boot.
    when: { mounts: [{ destination: '/data', type: 'bind', source: '/mnt', options: ['ro'] }] },
    part: 'mounts',
    is: withDefaults({ '/data': { type: 'bind', source: '/mnt', options: ['ro', 'rbind'] } }),
  },
  {
    // Overrides go by destination, however it is spelled: tmpfs < binds < mounts.
    when: {
      tmpfs: ['/a', '/b', '/c'],
      binds: ['/x:/b/', '/x:/c'],
      mounts: [{ destination: '//c', type: 'tmpfs' }],
    },
    part: 'mounts',
    is: withDefaults({
      '/a': { ...tmpfs, options: [] },
      '/b': { type: 'bind', source: '/x', options: ['rw', 'rbind', 'rshared'] },
      '/c': { ...tmpfs, options: [] },
    }),
  },

  // config-linux.md "Control groups": every field, in the specification's names.
  {
    when: {
      resources: {
        memory: { limit: 1, reservation: 2, swap: 3, kernel: 4, kernelTCP: 5, swappiness: 6, disableOOMKiller: true },
        cpu: { shares: 1, quota: 2, period: 3, realtimeRuntime: 4, realtimePeriod: 5, cpus: '0-1', mems: '0' },
        pids: { limit: 32 },
        hugepageLimits: [{ pageSize: '2MB', limit: 4096 }],
        network: { classID: 1048577, priorities: [{ name: 'eth0', priority: 500 }] },
      },
    },
    part: 'linux.resources',
    is: {
      memory: { limit: 1, reservation: 2, swap: 3, kernel: 4, kernelTCP: 5, swappiness: 6, disableOOMKiller: true },
      cpu: { shares: 1, quota: 2, period: 3, realtimeRuntime: 4, realtimePeriod: 5, cpus: '0-1', mems: '0' },
      pids: { limit: 32 },
      hugepageLimits: [{ pageSize: '2MB', limit: 4096 }],
      network: { classID: 1048577, priorities: [{ name: 'eth0', priority: 500 }] },
    },
  },
  {
    when: {
      resources: {
        blockio: {
          weight: 10,
          leafWeight: 20,
          weightDevice: [{ major: 8, minor: 0, weight: 500, leafWeight: 300 }],
          throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 1 }],
          throttleWriteBpsDevice: [{ major: 8, minor: 0, rate: 2 }],
          throttleReadIOPSDevice: [{ major: 8, minor: 0, rate: 3 }],
          throttleWriteIOPSDevice: [{ major: 8, minor: 0, rate: 4 }],
        },
      },
    },
    part: 'linux.resources',
    is: {
      blockIO: {
        weight: 10,
        leafWeight: 20,
        weightDevice: [{ major: 8, minor: 0, weight: 500, leafWeight: 300 }],
        throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 1 }],
        throttleWriteBpsDevice: [{ major: 8, minor: 0, rate: 2 }],
        throttleReadIOPSDevice: [{ major: 8, minor: 0, rate: 3 }],
        throttleWriteIOPSDevice: [{ major: 8, minor: 0, rate: 4 }],
      },
    },
  },
];

function sets(names: readonly string[], ambient: readonly string[]): unknown {
  return { bounding: names, effective: names, inheritable: names, permitted: names, ambient };
}

/** The default mounts of LinuxKit with some more or other ones, in the order of their destinations. */
function withDefaults(others: Readonly<Record<string, object>>, readonly = false): unknown {
  const ro = readonly ? ['ro'] : [];
  const all: Readonly<Record<string, object>> = {
    '/proc': { type: 'proc', source: 'proc', options: ['nosuid', 'nodev', 'noexec', 'relatime'] },
    '/dev': { ...tmpfs, options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k', ...ro] },
    '/dev/pts': {
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
    },
    '/sys': { type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', ...ro] },
    '/sys/fs/cgroup': {
      type: 'cgroup',
      source: 'cgroup',
      options: ['nosuid', 'noexec', 'nodev', 'relatime', 'ro'],
    },
    ...others,
  };
  return Object.keys(all)
    .sort()
    .map((destination) => ({ destination, ...all[destination] }));
}

describe('config.json', () => {
  for (const { when, given, part, is } of cases) {
    it(`${JSON.stringify(when)} makes ${JSON.stringify({ [part]: is }).slice(0, 80)}`, () => {
      assert.deepEqual(configPart(bundle(when, given), part), is);
    });
  }

  it('mounts the defaults, read-only where the root is', () => {
    assert.deepEqual(configPart(bundle(), 'mounts'), withDefaults({}));
    assert.deepEqual(configPart(bundle({ readonly: true }), 'mounts'), withDefaults({}, true));
  });

  it('writes an unlimited resource as the full 64 bits', () => {
    const config = text(bundle({ rlimits: ['memlock,unlimited,Unlimited'] }), 'config.json');
    assert.match(config, /"soft": 18446744073709551615,\n\s+"hard": 18446744073709551615\n/);
  });

  it('is of version 1.0.2, indented by two spaces, and ends in a newline', () => {
    assert.match(
      text(bundle(), 'config.json'),
      /^\{\n {2}"ociVersion": "1\.0\.2",\n {2}"process": \{\n {4}"terminal": false,/,
    );
    assert.ok(text(bundle(), 'config.json').endsWith('}\n'));
  });

  it('has the same bytes however the maps were ordered', () => {
    const one = bundle({ net: 'new', sysctl: { 'net.a': '1', 'net.b': '2' }, annotations: { x: '1', y: '2' } });
    const other = bundle({ annotations: { y: '2', x: '1' }, sysctl: { 'net.b': '2', 'net.a': '1' }, net: 'new' });
    assert.equal(text(one, 'config.json'), text(other, 'config.json'));
  });

  it('has a hook exactly when there is something to attach', () => {
    assert.equal(configPart(bundle(), 'hooks'), undefined);
    const interfaces = [{ name: 'eth1' }];
    assert.deepEqual(configPart(bundle({ net: 'new', runtime: { interfaces } }), 'hooks'), {
      createRuntime: [{ path: '/containers/services/web/attach', args: ['attach'] }],
    });
  });
});
