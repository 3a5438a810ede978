import {
  choice,
  definition,
  flag,
  type JsonSchema,
  list,
  mapOfTexts,
  natural,
  record,
  text,
  texts,
} from './json-schema.ts';
import { containerName, duration, kernelModule, notEmpty, octalMode, platform, volumeName } from './patterns.ts';
import { hardwareDefinitions } from './hardware.ts';
import { owner, runtimeKeys, sharedDefinitions } from './runtime-keys.ts';
import { knownPlatforms } from '../vocabulary.ts';

const image = (what: string): JsonSchema =>
  text(
    `${what}: a registry reference, or \`pkg:name\`, \`pkg:./folder\`, \`docker-daemon:name:tag\`, \`oci:folder[:tag]\`, ` +
      '`oci-archive:file`, `docker-archive:file`, `rootfs:file-or-folder`, or `./path`. Relative to this file.',
    { ...notEmpty, examples: ['pkg:getty', 'alpine:3.20', './hello'] },
  );

const build: JsonSchema = {
  title: 'build',
  description: 'Folder to build the image from, in place of `image`.',
  type: ['string', 'object'],
  ...notEmpty,
  properties: {
    context: text('The folder. Relative to this file.', { ...notEmpty, examples: ['./web'] }),
    dockerfile: text('Name of the Dockerfile in it.', { default: 'Dockerfile', examples: ['Dockerfile.dev'] }),
    args: mapOfTexts('Build arguments.', { default: {}, examples: [{ VERSION: '1.2' }] }),
    target: text('Stage to build. Default: the last one.', { examples: ['release'] }),
    platform: text('Platform to build for. Default: the system’s.', { ...platform, examples: ['linux/arm64'] }),
  },
  required: ['context'],
  additionalProperties: false,
  examples: ['./web', { context: './web', args: { VERSION: '1.2' } }],
};

const runtimeKeyReferences = Object.fromEntries(
  Object.keys(runtimeKeys.properties ?? {}).map((key) => [key, definition(`runtimeKeys/properties/${key}`)]),
);

const entry = (title: string, description: string, own: Readonly<Record<string, JsonSchema>> = {}): JsonSchema =>
  record(
    title,
    description,
    {
      name: text('Name, by which others refer to it.', { ...containerName, examples: ['getty'] }),
      image: image('The container’s image'),
      build: definition('build'),
      ...own,
      ...runtimeKeyReferences,
    },
    { required: ['name'] },
  );

const onFailure = choice('What happens when the container fails: go on, stop the boot, or reboot. lkit’s own.', [
  'continue',
  'halt',
  'reboot',
]);

const healthcheck = record(
  'healthcheck',
  'How to tell that the service is up. lkit’s own.',
  {
    command: texts('Program and arguments to run in the container; exit code 0 means healthy.', {
      minItems: 1,
      examples: [['redis-cli', 'ping']],
    }),
    interval: text('Time between two checks.', { ...duration, default: '5s', examples: ['2s'] }),
    retries: natural('Failures in a row that make the service unhealthy.', { minimum: 1, default: 3, examples: [5] }),
  },
  { required: ['command'], examples: [{ command: ['redis-cli', 'ping'], interval: '2s' }] },
);

export const systemDefinitions: Readonly<Record<string, JsonSchema>> = {
  kernel: record(
    'kernel',
    'The kernel and what it is started with.',
    {
      image: image('The kernel’s image'),
      build: definition('build'),
      cmdline: text('Kernel command line.', { default: '', examples: ['console=ttyS0 console=ttyAMA0'] }),
      binary: text('File name of the kernel in its image.', { default: 'kernel', examples: ['bzImage'] }),
      tar: text('File name of the modules’ tar archive in the image, unpacked to `/`; `none` for no modules.', {
        default: 'kernel.tar',
        examples: ['none'],
      }),
      ucode: text('File name of a CPU microcode archive in the image, put in front of the initrd.', {
        examples: ['intel-ucode.cpio'],
      }),
      modules: texts(
        'Modules to keep in the system, with all that they need, and to load at boot; each a name, with parameters behind it. lkit’s own.',
        { item: kernelModule, examples: [['i2c-dev', 'i2c-stub chip_addr=0x76']] },
      ),
    },
    { examples: [{ image: 'pkg:kernel', cmdline: 'console=ttyS0' }] },
  ),
  onboot: entry('onboot container', 'A container that runs to its end before the next one starts.', {
    onFailure: { ...onFailure, default: 'continue', examples: ['halt'] },
  }),
  onshutdown: entry('onshutdown container', 'A container that runs to its end when the system shuts down.'),
  service: entry('service', 'A container that runs as long as the system.', {
    restart: choice('When to start it again after it has ended. lkit’s own.', ['no', 'on-failure', 'always'], {
      default: 'no',
      examples: ['on-failure'],
    }),
    restartDelay: text('Time to wait before a restart; it grows while the service keeps failing. lkit’s own.', {
      ...duration,
      default: '1s',
      examples: ['5s'],
    }),
    dependsOn: texts('Services that must be up first (healthy, where they have a healthcheck). lkit’s own.', {
      default: [],
      examples: [['redis']],
    }),
    healthcheck,
  }),
  file: record(
    'file',
    'A file, folder or symbolic link. It has exactly one of `contents`, `source`, `metadata`, `symlink` and `directory`.',
    {
      path: text(
        'Path in the system. Parent folders are made, with the file’s owner and its mode plus search permission.',
        { ...notEmpty, examples: ['etc/motd'] },
      ),
      contents: text('Text of the file.', { examples: ['Welcome\n'] }),
      source: text('File on this computer to copy; relative to this file, `~/` is the home folder.', {
        examples: ['~/.ssh/id_ed25519.pub'],
      }),
      metadata: choice('Write the merged YAML itself into the file, in this format.', ['yaml', 'json']),
      symlink: text('Make a symbolic link to this path.', { examples: ['/run/resolvconf/resolv.conf'] }),
      directory: flag('Make a folder.'),
      optional: flag('Leave the file out where `source` does not exist.'),
      mode: text('Permissions, octal and in quotes. Default: 0600, folders 0700.', {
        ...octalMode,
        default: '0600',
        examples: ['0644'],
      }),
      uid: owner('Owner'),
      gid: owner('Group'),
    },
    { required: ['path'] },
  ),
  volume: record(
    'volume',
    'A folder that containers share: `binds: [name:/path]`.',
    {
      name: text('Name, by which `binds` and `mounts` refer to it.', { ...volumeName, examples: ['data'] }),
      image: image('Image that fills the volume; without it the volume is empty'),
      build: definition('build'),
      readonly: flag('Keep containers from writing to it.'),
      format: choice('Unpack the image, or keep it as an OCI image layout.', ['filesystem', 'oci'], {
        default: 'filesystem',
        examples: ['oci'],
      }),
      platforms: texts('Platforms to keep in an OCI image layout. Default: the system’s.', {
        item: { enum: knownPlatforms },
        examples: [['linux/amd64', 'linux/arm64']],
      }),
    },
    { required: ['name'] },
  ),
  trust: record(
    'trust',
    'LinuxKit’s content trust. Accepted, without effect.',
    {
      image: texts('Images.', { examples: [['linuxkit/kernel']] }),
      org: texts('Organisations.', { examples: [['linuxkit']] }),
    },
    { examples: [{ org: ['linuxkit'] }] },
  ),
  ...hardwareDefinitions,
  build,
  runtimeKeys,
  ...sharedDefinitions,
};

export const system = record('system', 'A system for lkit: one YAML file, or several that are merged in order.', {
  kernel: definition('kernel'),
  init: texts('Images unpacked to `/`, later ones over earlier ones.', {
    item: notEmpty,
    default: [],
    examples: [['pkg:init', 'pkg:runc', 'pkg:containerd']],
  }),
  onboot: list('Containers run one after another before the services start.', definition('onboot'), {
    default: [],
    examples: [[{ name: 'dhcp', image: 'pkg:dhcp' }]],
  }),
  onshutdown: list('Containers run one after another when the system shuts down.', definition('onshutdown'), {
    default: [],
    examples: [[{ name: 'save', image: 'alpine:3.20', command: ['sync'] }]],
  }),
  services: list('Containers that run as long as the system.', definition('service'), {
    default: [],
    examples: [[{ name: 'getty', image: 'pkg:getty', env: ['INSECURE=true'] }]],
  }),
  files: list('Files to put into the system, over what the images have.', definition('file'), {
    default: [],
    examples: [[{ path: 'etc/motd', contents: 'Welcome\n', mode: '0644' }]],
  }),
  volumes: list('Folders that containers share.', definition('volume'), {
    default: [],
    examples: [[{ name: 'data' }]],
  }),
  hardware: definition('hardware'),
  trust: definition('trust'),
});
