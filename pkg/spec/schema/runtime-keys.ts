import {
  choice,
  definition,
  flag,
  integer,
  type JsonSchema,
  list,
  mapOfTexts,
  natural,
  record,
  text,
  texts,
} from './json-schema.ts';
import { absolutePath, busDevice, octalMode, variable } from './patterns.ts';
import { resources } from './resources.ts';
import { runtime } from './runtime.ts';

/** `uid` and `gid`, of containers and files. */
export const owner = (description: string): JsonSchema => ({
  description: `${description}: a number, \`root\`, or the name of a container, whose ids lkit allocates from 100 on.`,
  type: ['integer', 'string'],
  minimum: 0,
  maximum: 2 ** 32 - 2,
  default: 0,
  examples: [1000, 'redis'],
});

const mapping = (whose: string): JsonSchema =>
  list(`${whose} ids of a user namespace.`, definition('idMapping'), {
    examples: [[{ hostID: 1000, containerID: 0, size: 65536 }]],
  });

const namespace = (what: string, fallback: string, words: string): JsonSchema =>
  text(`The container’s ${what}: ${words}, or the path of a namespace to join.`, {
    default: fallback,
    examples: ['new'],
  });

/** Objects that several keys hold. */
export const sharedDefinitions: Readonly<Record<string, JsonSchema>> = {
  idMapping: record(
    'id mapping',
    'A range of ids.',
    {
      hostID: natural('First id outside of the container.', { examples: [1000] }),
      containerID: natural('First id inside.', { examples: [0] }),
      size: natural('Number of ids.', { examples: [65536] }),
    },
    { required: ['hostID', 'containerID', 'size'] },
  ),
  mount: record('mount', 'A mount, as in the OCI runtime specification.', {
    destination: text('Where to mount. May be left out for proc, devpts, sysfs, cgroup and mqueue.', {
      examples: ['/data'],
    }),
    type: text('Type of the file system.', { examples: ['bind', 'tmpfs', 'ext4'] }),
    source: text('Device, folder, or (with type bind) the name of a volume.', { examples: ['/var/lib/data'] }),
    options: texts('Mount options.', { examples: [['rw', 'nosuid']] }),
    uidmappings: list('User ids of an id-mapped mount.', definition('idMapping'), {
      examples: [[{ hostID: 1000, containerID: 0, size: 1 }]],
    }),
    gidmappings: list('Group ids of an id-mapped mount.', definition('idMapping'), {
      examples: [[{ hostID: 1000, containerID: 0, size: 1 }]],
    }),
  }),
  device: record(
    'device',
    'A device node to create in the container, which may then use it. The text `i2c:NAME` in its place gives the ' +
      'container the emulated I2C bus of that name, whatever its number: `/dev/i2c-N`, the same as `/dev/i2c/NAME`, ' +
      'and the variable `LKIT_I2C_NAME=/dev/i2c-N`.',
    {
      path: text('Path in the container; `all` makes no node and allows every device of the type.', {
        pattern: '^(/.|all$)',
        patternErrorMessage: 'an absolute path, or "all"',
        examples: ['/dev/i2c-0', 'all'],
      }),
      type: choice('Character, block, unbuffered character device, or FIFO; `a` with path `all`: every device.', [
        'c',
        'b',
        'u',
        'p',
        'a',
      ]),
      major: natural('Major number.', { default: 0, examples: [89] }),
      minor: natural('Minor number.', { default: 0, examples: [0] }),
      mode: text('Permissions, octal and in quotes. Required unless the path is `all`.', {
        ...octalMode,
        examples: ['0600'],
      }),
    },
    { type: ['object', 'string'], ...busDevice, required: ['path', 'type'] },
  ),
  resources,
  runtime,
};

/** The keys that an image entry and the label `org.mobyproject.config` share. */
export const runtimeKeys = record(
  'label',
  'How a container runs. Each key replaces the value of the image’s label; an empty list empties it.',
  {
    command: texts('Program and arguments. Default: the image’s entrypoint and command.', {
      examples: [['/usr/bin/mountie', '/var/lib']],
    }),
    env: texts('Environment, as NAME=value. Default: the image’s.', {
      item: variable,
      examples: [['INSECURE=true']],
    }),
    cwd: text('Working directory. Default: the image’s.', { ...absolutePath, default: '/', examples: ['/srv'] }),
    capabilities: texts('Capabilities of the processes. `all` and `none` stand alone.', {
      default: [],
      examples: [['CAP_NET_ADMIN', 'CAP_SYS_TIME'], ['all']],
    }),
    'capabilities.add': texts(
      'Capabilities to add to those of the image’s label. Without effect beside `capabilities`.',
      {
        examples: [['CAP_NET_ADMIN']],
      },
    ),
    ambient: texts('Capabilities that programs keep which a user other than root starts.', {
      default: [],
      examples: [['CAP_NET_BIND_SERVICE']],
    }),
    mounts: list('Mounts in the container.', definition('mount'), {
      default: [],
      examples: [[{ type: 'cgroup', options: ['rw', 'nosuid', 'noexec', 'nodev', 'relatime'] }]],
    }),
    binds: texts(
      'Folders and volumes to see in the container: `source:destination[:options]`. Options default to `rw,rbind,rshared`.',
      {
        default: [],
        examples: [['/var/run:/var/run', '/etc/resolv.conf:/etc/resolv.conf:ro', 'data:/var/lib/data']],
      },
    ),
    'binds.add': texts('Binds to add to those of the image’s label. Without effect beside `binds`.', {
      examples: [['/dev:/dev']],
    }),
    tmpfs: texts('Empty file systems in memory: `destination[:options]`.', {
      default: [],
      examples: [['/tmp', '/run:size=16m,mode=755']],
    }),
    devices: list(
      'Device nodes of the container. `i2c:NAME` stands for the emulated I2C bus of that name.',
      definition('device'),
      {
        default: [],
        examples: [['i2c:sensors', { path: '/dev/ttyS1', type: 'c', major: 4, minor: 65, mode: '0600' }]],
      },
    ),
    net: namespace('network', 'host', '`host`, `new` or `none` (alone with a loopback interface)'),
    pid: namespace('process ids', 'new', '`new` or `host`'),
    ipc: namespace('System V IPC and message queues', 'host', '`host` or `new`'),
    uts: namespace('host name', 'host', '`host` or `new`'),
    userns: namespace('users', 'host', '`host` or `new`'),
    hostname: text('Host name, in a new `uts` namespace.', { examples: ['web'] }),
    readonly: flag('Make the root file system read-only.'),
    maskedPaths: texts('Paths to hide.', { default: [], examples: [['/proc/kcore']] }),
    readonlyPaths: texts('Paths to make read-only.', { default: [], examples: [['/proc/sys']] }),
    uid: owner('User to run as'),
    gid: owner('Group to run as'),
    additionalGids: list(
      'Further groups.',
      { type: ['integer', 'string'], minimum: 0, maximum: 2 ** 32 - 2 },
      { default: [], examples: [[44, 'redis']] },
    ),
    noNewPrivileges: flag('Keep processes from gaining privileges, through setuid programs for example.'),
    oomScoreAdj: integer('How gladly the kernel kills the container when memory is short.', {
      minimum: -1000,
      maximum: 1000,
      examples: [-800],
    }),
    rootfsPropagation: choice('How mounts travel between the container and the system.', [
      'shared',
      'slave',
      'private',
      'unbindable',
      'rshared',
      'rslave',
      'rprivate',
      'runbindable',
    ]),
    cgroupsPath: text('Path of the control group.', { examples: ['/podruntime/web'] }),
    resources: definition('resources'),
    sysctl: mapOfTexts('Kernel settings of the container’s namespaces.', {
      default: {},
      examples: [{ 'net.ipv4.ip_forward': '1' }],
    }),
    rlimits: texts('Resource limits: `name,soft,hard`, each a number or `unlimited`.', {
      default: [],
      examples: [['nofile,1024,4096', 'core,0,unlimited']],
    }),
    uidMappings: mapping('User'),
    gidMappings: mapping('Group'),
    annotations: mapOfTexts('Annotations of the OCI runtime configuration.', {
      default: {},
      examples: [{ 'org.example.team': 'web' }],
    }),
    runtime: definition('runtime'),
  },
);
