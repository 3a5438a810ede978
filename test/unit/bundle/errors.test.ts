import type { RuntimeKeys } from '../../../pkg/spec/index.ts';
import type { BundleErrorCode } from '../../../pkg/bundle/index.ts';
import { at, bundle, type Given, refuses } from './support.ts';

type Row = readonly [keys: RuntimeKeys, code: BundleErrorCode, message: string, hint?: string];

const device = { path: '/dev/x', type: 'c', major: 1, minor: 2, mode: '0600' } as const;
const mapping = { hostID: 0, containerID: 0, size: 1 };
const mappings = { uidMappings: [mapping], gidMappings: [mapping] };
const writeBind = 'Write source:destination[:option,…].';

const rows: readonly Row[] = [
  [
    { capabilities: ['NET_ADMIN'] },
    'unknown-capability',
    'capabilities: unknown capability "NET_ADMIN"',
    'Did you mean "CAP_NET_ADMIN"?',
  ],
  [
    { capabilities: ['cap_kill'] },
    'unknown-capability',
    'capabilities: unknown capability "cap_kill"',
    'Did you mean "CAP_KILL"?',
  ],
  [
    { capabilities: ['CAP_NET_ADMN'] },
    'unknown-capability',
    'capabilities: unknown capability "CAP_NET_ADMN"',
    'Did you mean "CAP_NET_ADMIN"?',
  ],
  [
    { ambient: ['everything!'] },
    'unknown-capability',
    'ambient: unknown capability "everything!"',
    'Capabilities are written in full, in upper case: CAP_NET_ADMIN.',
  ],
  [
    { capabilities: ['CAP_KILL', 'all'] },
    'unknown-capability',
    'capabilities: "all" stands among other capabilities',
    '"all" must be the only element of the list.',
  ],

  [{ binds: ['/a'] }, 'invalid-mount', 'binds: no ":" in "/a"', writeBind],
  [{ binds: ['/a:/b:ro:x'] }, 'invalid-mount', 'binds: too many ":" in "/a:/b:ro:x"', writeBind],
  [{ binds: ['/a:'] }, 'invalid-mount', 'binds: a destination is empty', 'Write a path in the container.'],
  [{ tmpfs: ['/a:ro:x'] }, 'invalid-mount', 'tmpfs: too many ":" in "/a:ro:x"', 'Write destination[:option,…].'],
  [{ tmpfs: [''] }, 'invalid-mount', 'tmpfs: a destination is empty', 'Write a path in the container.'],
  [
    { mounts: [{ destination: '/a' }] },
    'invalid-mount',
    'mounts: the mount at "/a" has no type',
    'Add "type:", such as bind, tmpfs or ext4.',
  ],
  [
    { mounts: [{ destination: '', type: 'ext4' }] },
    'invalid-mount',
    'mounts: a mount of type ext4 has no destination',
    'Add "destination:", a path in the container.',
  ],
  [
    { mounts: [{ destination: '/a', type: 'bind' }] },
    'invalid-mount',
    'mounts: the bind mount at "/a" has no source',
    'Add "source:".',
  ],
  [{ binds: ['date:/d'] }, 'unknown-volume', 'binds: there is no volume "date"', 'Did you mean "data"?'],
  [
    { binds: ['x:/d'] },
    'unknown-volume',
    'binds: there is no volume "x"',
    'A source is an absolute path of the guest, or the name of a volume under "volumes:".',
  ],
  [
    { mounts: [{ destination: '/d', type: 'bind', source: 'date' }] },
    'unknown-volume',
    'mounts: there is no volume "date"',
    'Did you mean "data"?',
  ],
  [
    { binds: ['firm:/d'] },
    'readonly-volume',
    'binds: volume "firm" is read-only and cannot be mounted writable',
    'Add the option "ro".',
  ],
  [
    { binds: ['firm:/d:rw'] },
    'readonly-volume',
    'binds: volume "firm" is read-only and cannot be mounted writable',
    'Add the option "ro".',
  ],
  [
    { mounts: [{ destination: '/d', type: 'bind', source: 'firm', options: ['ro', 'rw'] }] },
    'readonly-volume',
    'mounts: volume "firm" is read-only and cannot be mounted writable',
    'Add the option "ro".',
  ],

  [
    { devices: [{ ...device, path: 'dev/x' }] },
    'invalid-device',
    'devices: "dev/x" is not an absolute path',
    'Write its path in the container, such as "/dev/ttyS0", or "all".',
  ],
  [
    { devices: [{ ...device, mode: '' }] },
    'invalid-device',
    'devices: the mode of /dev/x, "", is not an octal number',
    'Add its permissions in quotes: mode: "0660".',
  ],
  [
    { devices: [{ ...device, mode: '0888' }] },
    'invalid-device',
    'devices: the mode of /dev/x, "0888", is not an octal number',
    'Add its permissions in quotes: mode: "0660".',
  ],
  [
    { devices: [{ ...device, type: 'a' }] },
    'invalid-device',
    'devices: /dev/x cannot be of type "a"',
    'Type "a" goes with the path "all"; a device is of type c (character), b (block) or p (FIFO).',
  ],

  // LinuxKit's message leaves the name out.
  [{ rlimits: ['nofiles,1,2'] }, 'invalid-rlimit', 'rlimits: unknown limit "nofiles"', 'Did you mean "nofile"?'],
  [
    { rlimits: ['speed,1,2'] },
    'invalid-rlimit',
    'rlimits: unknown limit "speed"',
    'Known: cpu, fsize, data, stack, core, rss, nproc, nofile, memlock, as, locks, sigpending, msgqueue, nice, rtprio, rttime.',
  ],
  [
    { rlimits: ['nofile,1'] },
    'invalid-rlimit',
    'rlimits: cannot read "nofile,1"',
    'Write name,soft,hard, such as "nofile,1024,unlimited".',
  ],
  [
    { rlimits: ['nofile,-1,2'] },
    'invalid-rlimit',
    'rlimits: "-1" in "nofile,-1,2" is not a limit',
    'Write a whole number or "unlimited".',
  ],
  [
    { rlimits: ['nofile,1,18446744073709551616'] },
    'invalid-rlimit',
    'rlimits: "18446744073709551616" in "nofile,1,18446744073709551616" is not a limit',
    'Write a whole number or "unlimited".',
  ],
  [{ rlimits: ['nofile,3,2'] }, 'invalid-rlimit', 'rlimits: the soft limit of "nofile,3,2" is above the hard one'],
  [{ rlimits: ['nofile,1,2', 'RLIMIT_NOFILE,1,2'] }, 'invalid-rlimit', 'rlimits: RLIMIT_NOFILE is set twice'],

  [{ net: 'hsot' }, 'invalid-namespace', 'net: "hsot" is not a namespace', 'Did you mean "host"?'],
  [
    { ipc: 'none' },
    'invalid-namespace',
    'ipc: "none" is not a namespace',
    'Write host, root, new, or the absolute path of a namespace such as /run/netns/web.',
  ],
  [
    { pid: 'container:web' },
    'invalid-namespace',
    'pid: "container:web" is not a namespace',
    'Write host, root, new, or the absolute path of a namespace such as /run/netns/web.',
  ],
  [
    { runtime: { bindNS: { net: 'web' } } },
    'invalid-namespace',
    'runtime: bindNS.net: "web" is not an absolute path',
    'Write a path such as /run/netns/web.',
  ],
  [
    { hostname: 'box' },
    'missing-namespace',
    "hostname: the host's name is not the container's to set",
    'Add "uts: new".',
  ],
  [
    { userns: 'new' },
    'missing-namespace',
    'userns: a new user namespace needs id mappings',
    'Add uidMappings and gidMappings, which tell whose ids the ones in the container are.',
  ],
  [
    { userns: 'new', ...mappings },
    'missing-namespace',
    "userns: a new user namespace cannot mount the host's sysfs at /sys",
    'Add "net: new".',
  ],
  [
    { userns: 'new', ...mappings, pid: 'host' },
    'missing-namespace',
    "userns: a new user namespace cannot mount the host's proc at /proc",
    'Add "pid: new".',
  ],
  [
    { gidMappings: [{ hostID: 1, containerID: 0, size: 1 }] },
    'missing-namespace',
    'gidMappings: there is no user namespace to map ids for',
    'Add "userns: new".',
  ],
  [
    { sysctl: { 'net.ipv4.ip_forward': '1' } },
    'missing-namespace',
    "sysctl: net.ipv4.ip_forward would change the host's setting",
    'Add "net: new".',
  ],
  [
    { sysctl: { 'net/ipv4/conf/eth0.1/forwarding': '1' } },
    'missing-namespace',
    "sysctl: net.ipv4.conf.eth0/1.forwarding would change the host's setting",
    'Add "net: new".',
  ],
  [
    { sysctl: { 'kernel.shmmax': '1' } },
    'missing-namespace',
    "sysctl: kernel.shmmax would change the host's setting",
    'Add "ipc: new".',
  ],
  [
    { sysctl: { 'fs.mqueue.msg_max': '1' } },
    'missing-namespace',
    "sysctl: fs.mqueue.msg_max would change the host's setting",
    'Add "ipc: new".',
  ],
  [
    { sysctl: { 'kernel.domainname': 'x' } },
    'missing-namespace',
    "sysctl: kernel.domainname would change the host's setting",
    'Add "uts: new".',
  ],
  [
    { uts: 'new', sysctl: { 'kernel.hostname': 'x' } },
    'invalid-sysctl',
    'sysctl: kernel.hostname has a key of its own',
    'Use "hostname:".',
  ],
  [
    { sysctl: { 'vm.swappiness': '1' } },
    'invalid-sysctl',
    'sysctl: vm.swappiness belongs to no container but to the host',
    "Set the host's with an onboot container that writes below /proc/sys, such as LinuxKit's sysctl.",
  ],

  [{ uid: 'dhpc' }, 'unknown-id', 'uid: no container is named "dhpc"', 'Did you mean "dhcp"?'],
  [{ gid: '1000' }, 'unknown-id', 'gid: no container is named "1000"', 'Write 1000 without quotes.'],
  [
    { additionalGids: ['wheel'] },
    'unknown-id',
    'additionalGids: no container is named "wheel"',
    'Write a number, "root", or the name of a container of this system.',
  ],
  [{ uid: -1 }, 'unknown-id', 'uid: -1 is not an id', 'Ids are whole numbers from 0 to 4294967294.'],

  [
    { command: [] },
    'no-command',
    'command: there is nothing to run',
    'Add "command:"; the image itself has neither an entry point nor a command.',
  ],
  [{ cwd: 'srv' }, 'invalid-value', 'cwd: "srv" is not an absolute path', 'Start it with "/".'],
  [{ env: ['A=1', 'PATH'] }, 'invalid-value', 'env: "PATH" is not a variable', 'Write NAME=value.'],
  [{ env: ['=x'] }, 'invalid-value', 'env: "=x" is not a variable', 'Write NAME=value.'],
  [{ oomScoreAdj: 1001 }, 'invalid-value', 'oomScoreAdj: 1001 is not between -1000 and 1000'],
  [
    { rootfsPropagation: 'share' },
    'invalid-value',
    'rootfsPropagation: "share" is not a propagation',
    'Did you mean "shared"?',
  ],

  [
    { runtime: { interfaces: [{ add: 'dummy' }] } },
    'invalid-interface',
    'runtime: an interface has no name',
    'Add "name:".',
  ],
  [
    { runtime: { interfaces: [{ name: 'v', add: 'veth' }] } },
    'invalid-interface',
    'runtime: the veth pair "v" has no other end',
    'Name the end that stays outside with "peer:".',
  ],
  [
    { runtime: { interfaces: [{ name: 'sixteen-letters!' }] } },
    'invalid-interface',
    'runtime: "sixteen-letters!" cannot be the name of an interface',
    'A name has at most 15 characters, none of them a space, a slash or a colon.',
  ],
  [
    { runtime: { interfaces: [{ name: 'v', peer: 'a/b' }] } },
    'invalid-interface',
    'runtime: "a/b" cannot be the name of an interface',
    'A name has at most 15 characters, none of them a space, a slash or a colon.',
  ],
];

const volume = { at, image: undefined, readonly: false, format: 'filesystem', platforms: undefined } as const;
const given: Given = {
  ids: new Map([['dhcp', 100]]),
  volumes: new Map([
    ['data', { ...volume, name: 'data' }],
    ['firm', { ...volume, name: 'firm', readonly: true }],
  ]),
};

describe('a bundle is refused', () => {
  for (const [keys, code, message, hint] of rows) {
    it(`${JSON.stringify(keys)}: ${message}`, () => {
      refuses(() => bundle(keys, given), code, `service "web": ${message}`, hint);
    });
  }

  it('with a hint at the label, when the value is not in the YAML', () => {
    const origin = 'The value comes from the image: its configuration or its label org.mobyproject.config.';
    refuses(
      () => bundle({}, { label: { capabilities: ['CAP_KIL'] } }),
      'unknown-capability',
      'service "web": capabilities: unknown capability "CAP_KIL"',
      `Did you mean "CAP_KILL"? ${origin}`,
    );
    refuses(
      () => bundle({ capabilitiesAdd: ['CAP_KIL'] }),
      'unknown-capability',
      'service "web": capabilities: unknown capability "CAP_KIL"',
      'Did you mean "CAP_KILL"?',
    );
  });

  it('when neither the YAML nor the image has a command', () => {
    refuses(
      () => bundle({}, { image: { Env: ['A=1'] }, section: 'onboot' }),
      'no-command',
      'onboot container "web": command: there is nothing to run',
      'Add "command:"; the image itself has neither an entry point nor a command.',
    );
  });

  for (const name of ['', '..', 'a/b', "a'b", 'a b', '-a', '.a', 'a\n']) {
    it(`when its name is ${JSON.stringify(name)}`, () => {
      const hint = 'A name is made of letters, digits and _ . + - and starts with a letter or a digit.';
      refuses(
        () => bundle({ name }),
        'invalid-name',
        `service "${name}": name: "${name}" cannot be the id of a container`,
        hint,
      );
    });
  }
});
