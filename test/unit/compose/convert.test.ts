import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { convertCompose, type ConvertOptions } from '../../../pkg/compose/index.ts';
import { nestedLosses } from '../../../pkg/compose/nested.ts';
import { formatLocation } from '../../../pkg/errors/index.ts';
import { parseSpec } from '../../../pkg/spec/index.ts';

type Service = Readonly<Record<string, unknown>>;
interface System {
  readonly kernel: { readonly cmdline: string };
  readonly init: readonly string[];
  readonly onboot: readonly Service[];
  readonly services: readonly Service[];
  readonly files: readonly { readonly path: string; readonly contents?: string; readonly source?: string }[];
  readonly volumes?: readonly Service[];
}

const files: Readonly<Record<string, string>> = {
  '/project/site.conf': 'x',
  '/project/web.env': 'FROM_FILE=1\nSHARED=file\n',
  '/project/key.pem': 'k',
};

const options: ConvertOptions = {
  variables: { TAG: '3.20', EMPTY: '', HOST_ONLY: 'from the host' },
  home: '/home/me',
  look: (file) =>
    file in files
      ? { kind: 'file', mode: 0o640 }
      : ['/project/html', '/home/me/shared'].includes(file)
        ? { kind: 'folder', mode: 0o755 }
        : undefined,
  readText: (file) => files[file],
  imageDefaults: (reference) =>
    Promise.resolve(
      reference === 'known'
        ? { entrypoint: ['/entry'], command: ['default'], env: ['PATH=/image/bin', 'SHARED=image'], user: '33:34' }
        : undefined,
    ),
  runtime: 'containerd',
  profiles: [],
  outputDir: '/project',
};

interface Outcome {
  readonly system: System;
  readonly yaml: string;
  readonly notes: readonly string[];
}

/** Converts a file; the result must be one that lkit itself accepts without a word. */
async function convert(text: string, changed: Partial<ConvertOptions> = {}): Promise<Outcome> {
  const source = { file: 'compose.yaml', text, baseDir: '/project' };
  const { yaml, diagnostics } = await convertCompose(source, { ...options, ...changed });
  const notes = diagnostics.map(({ severity, at, message }) => `${formatLocation(at)}: ${severity}: ${message}`);
  assert.ok(yaml !== undefined, notes.join('\n'));
  assert.deepEqual(parseSpec([{ file: 'lkit.yml', text: yaml, baseDir: '/project' }]).diagnostics, [], yaml);
  return { system: parse(yaml) as System, yaml, notes };
}

/** Converts a service `web` with these keys, and gives lkit's keys for it. */
async function service(keys: string, changed?: Partial<ConvertOptions>): Promise<Outcome & { readonly web: Service }> {
  const image = /^(image|build):/m.test(keys) ? '' : '    image: nginx\n';
  const body = keys.replaceAll(/^/gm, '    ');
  const outcome = await convert(`services:\n  web:\n${image}${body}\n`, changed);
  return { ...outcome, web: outcome.system.services[0] ?? {} };
}

async function problems(text: string): Promise<readonly string[]> {
  const { yaml, diagnostics } = await convertCompose({ file: 'compose.yaml', text, baseDir: '/project' }, options);
  assert.equal(yaml, undefined);
  return diagnostics.map(({ at, message }) => `${formatLocation(at)}: ${message}`);
}

const dockerDefaults = [
  ...['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FSETID', 'CAP_FOWNER', 'CAP_MKNOD', 'CAP_NET_RAW', 'CAP_SETGID'],
  ...['CAP_SETUID', 'CAP_SETFCAP', 'CAP_SETPCAP', 'CAP_NET_BIND_SERVICE', 'CAP_SYS_CHROOT', 'CAP_KILL'],
  'CAP_AUDIT_WRITE',
];
const nameFiles = ['/etc/resolv.conf:/etc/resolv.conf:ro', '/etc/hosts:/etc/hosts:ro'];

/** Compose's keys of a service, and what becomes of them: lkit's keys that must have exactly these values. */
const cases: readonly (readonly [compose: string, lkit: Service])[] = [
  ['image: nginx:${TAG}', { image: 'nginx:3.20' }],
  ['build: ./web', { build: './web' }],
  [
    'image: name-for-it\nbuild: {context: ./web, dockerfile: Dev, args: {A: 1, HOST_ONLY: }, target: t, platforms: [linux/arm64]}',
    {
      image: undefined,
      build: {
        ...{ context: './web', dockerfile: 'Dev', target: 't', platform: 'linux/arm64' },
        args: { A: '1', HOST_ONLY: 'from the host' },
      },
    },
  ],
  ['build: {context: ./web}\nplatform: linux/arm64', { build: { context: './web', platform: 'linux/arm64' } }],
  ['image: known\ncommand: serve "two words"', { command: ['/entry', 'serve', 'two words'] }],
  ['image: known\ncommand: [serve, 1]', { command: ['/entry', 'serve', '1'] }],
  ['image: known\nentrypoint: /other', { command: ['/other'] }],
  ['image: known\nentrypoint: [/other, -x]\ncommand: [y]', { command: ['/other', '-x', 'y'] }],
  ['image: known', { command: undefined, env: undefined, uid: 33, gid: 34 }],
  [
    'image: known\nenvironment: {A: 1, SHARED: mine, HOST_ONLY: , UNSET: }',
    { env: ['PATH=/image/bin', 'SHARED=mine', 'A=1', 'HOST_ONLY=from the host'] },
  ],
  [
    'image: known\nenvironment: [A=1=2, HOST_ONLY]',
    { env: ['PATH=/image/bin', 'SHARED=image', 'A=1=2', 'HOST_ONLY=from the host'] },
  ],
  ['image: known\nenv_file: web.env', { env: ['PATH=/image/bin', 'SHARED=file', 'FROM_FILE=1'] }],
  ['image: known\nenv_file: [{path: none.env, required: false}]', { env: undefined }],
  [
    'image: known\nenv_file: [web.env]\nenvironment: {SHARED: last}',
    { env: ['PATH=/image/bin', 'SHARED=last', 'FROM_FILE=1'] },
  ],
  ['user: "1000:1001"', { uid: 1000, gid: 1001 }],
  ['user: root', { uid: undefined, gid: undefined }],
  ['group_add: [44, "45"]', { additionalGids: [44, 45] }],
  ['working_dir: /srv', { cwd: '/srv' }],
  ['restart: "no"', { restart: undefined }],
  ['restart: unless-stopped', { restart: 'always' }],
  ['restart: always', { restart: 'always' }],
  ['restart: on-failure:3', { restart: 'on-failure' }],
  ['tty: false', { capabilities: dockerDefaults }],
  ['cap_add: [NET_ADMIN, CAP_KILL]', { capabilities: [...dockerDefaults, 'CAP_NET_ADMIN'] }],
  ['cap_drop: [ALL]\ncap_add: [NET_RAW]', { capabilities: ['CAP_NET_RAW'] }],
  ['cap_drop: [chown]', { capabilities: dockerDefaults.slice(1) }],
  ['cap_add: [ALL]', { capabilities: ['all'] }],
  [
    'privileged: true',
    { capabilities: ['all'], devices: [{ path: 'all', type: 'a' }], binds: ['/dev:/dev', ...nameFiles] },
  ],
  ['security_opt: ["no-new-privileges:true"]', { noNewPrivileges: true }],
  ['read_only: true', { readonly: true }],
  ['read_only: true\nvolumes: [/var/cache]', { readonly: true, tmpfs: ['/var/cache'] }],
  ['annotations: {org.example: a}', { annotations: { 'org.example': 'a' } }],
  ['tmpfs: /run', { tmpfs: ['/run'] }],
  ['tmpfs: ["/run:size=64m,mode=1777", /tmp]', { tmpfs: ['/run:size=64m,mode=1777', '/tmp'] }],
  ['shm_size: 64mb', { tmpfs: ['/dev/shm:size=64m,mode=1777'] }],
  ['volumes: [{type: tmpfs, target: /t, tmpfs: {size: 1m, mode: 0755}}]', { tmpfs: ['/t:size=1048576,mode=755'] }],
  ['volumes: [data:/var/lib/data]', { binds: ['data:/var/lib/data', ...nameFiles] }],
  ['volumes: ["My.Data:/d:ro"]', { binds: ['my-data:/d:ro', ...nameFiles] }],
  ['volumes: [{type: volume, source: data, target: /d, read_only: true}]', { binds: ['data:/d:ro', ...nameFiles] }],
  [
    'volumes: [./site.conf:/etc/site.conf:ro]',
    { binds: ['/etc/compose/web/site.conf:/etc/site.conf:ro', ...nameFiles] },
  ],
  ['volumes: [./html:/srv]', { binds: ['web-html:/srv', ...nameFiles] }],
  ['volumes: [{type: bind, source: ~/shared, target: /s}]', { binds: ['web-shared:/s', ...nameFiles] }],
  ['volumes: [/dev/bus/usb:/dev/bus/usb]', { binds: ['/dev/bus/usb:/dev/bus/usb', ...nameFiles] }],
  ['volumes: [{type: image, source: "alpine:3", target: /a}]', { binds: ['alpine-3:/a', ...nameFiles] }],
  [
    'devices: ["/dev/ttyUSB1:/dev/modem", /dev/net/tun]',
    {
      devices: [
        { path: '/dev/modem', type: 'c', major: 188, minor: 1, mode: '0660' },
        { path: '/dev/net/tun', type: 'c', major: 10, minor: 200, mode: '0660' },
      ],
    },
  ],
  [
    'device_cgroup_rules: ["c 188:* rw"]',
    {
      resources: { devices: [{ allow: true, type: 'c', major: 188, access: 'rw' }] },
    },
  ],
  ['network_mode: none', { net: 'none' }],
  ['network_mode: host', { net: undefined }],
  ['pid: host', { pid: 'host' }],
  ['ipc: private', { ipc: 'new' }],
  ['uts: host', { uts: undefined }],
  ['userns_mode: host', { userns: undefined }],
  ['hostname: box', { hostname: 'box', uts: 'new' }],
  ['cgroup_parent: apps', { cgroupsPath: '/apps/web' }],
  ['oom_score_adj: -500', { oomScoreAdj: -500 }],
  ['sysctls: {kernel.shmmax: 100}', { sysctl: { 'kernel.shmmax': '100' }, ipc: 'new' }],
  ['sysctls: ["kernel.domainname=x"]', { sysctl: { 'kernel.domainname': 'x' }, ipc: undefined }],
  [
    'ulimits: {nproc: 65535, nofile: {soft: 1024, hard: -1}}',
    { rlimits: ['nproc,65535,65535', 'nofile,1024,unlimited'] },
  ],
  ['mem_limit: 64m', { resources: { memory: { limit: 67108864 } } }],
  ['mem_reservation: 1gb', { resources: { memory: { reservation: 1073741824 } } }],
  ['memswap_limit: -1', { resources: { memory: { swap: -1 } } }],
  ['mem_swappiness: 60', { resources: { memory: { swappiness: 60 } } }],
  ['oom_kill_disable: true', { resources: { memory: { disableOOMKiller: true } } }],
  ['cpus: 0.5', { resources: { cpu: { quota: 50000, period: 100000 } } }],
  ['cpuset: 0-1', { resources: { cpu: { cpus: '0-1' } } }],
  ['cpu_shares: 73', { resources: { cpu: { shares: 73 } } }],
  ['cpu_quota: 50000', { resources: { cpu: { quota: 50000 } } }],
  ['cpu_period: 20000', { resources: { cpu: { period: 20000 } } }],
  ['cpu_rt_runtime: 95000', { resources: { cpu: { realtimeRuntime: 95000 } } }],
  ['cpu_rt_period: 100000', { resources: { cpu: { realtimePeriod: 100000 } } }],
  ['pids_limit: 10', { resources: { pids: { limit: 10 } } }],
  ['blkio_config: {weight: 300}', { resources: { blockio: { weight: 300 } } }],
  [
    'deploy: {resources: {limits: {memory: 1m, cpus: "2", pids: 5}, reservations: {memory: 512k}}, restart_policy: {condition: any, delay: 5s}}',
    {
      resources: {
        memory: { limit: 1048576, reservation: 524288 },
        pids: { limit: 5 },
        cpu: { quota: 200000, period: 100000 },
      },
      restart: 'always',
      restartDelay: '5s',
    },
  ],
  [
    'healthcheck: {test: "wget -q localhost", interval: 1m30s, retries: 4}',
    {
      healthcheck: { command: ['/bin/sh', '-c', 'wget -q localhost'], interval: '1m30s', retries: 4 },
    },
  ],
  ['healthcheck: {test: [CMD, redis-cli, ping]}', { healthcheck: { command: ['redis-cli', 'ping'] } }],
  ['healthcheck: {test: [CMD-SHELL, "a || b"]}', { healthcheck: { command: ['/bin/sh', '-c', 'a || b'] } }],
  ['healthcheck: {test: [NONE]}', { healthcheck: undefined }],
  ['healthcheck: {disable: true, test: x}', { healthcheck: undefined }],
  ['x-mine: anything', { 'x-mine': undefined }],
];

/** Keys for which there is nothing, and for which nothing is lost. */
const harmless = [
  ...['attach: false', 'cgroup: host', 'cpu_count: 1', 'cpu_percent: 10', 'credential_spec: {file: x}'],
  ...['develop: {watch: []}', 'expose: [80]', 'isolation: default', 'label_file: x', 'labels: {a: b}'],
  ...['logging: {driver: none}', 'pull_policy: always', 'pull_refresh_after: 1d', 'runtime: runsc', 'stdin_open: true'],
  ...['stop_grace_period: 5s', 'tty: true'],
];

/** Keys for which there is nothing, though the service may need it. */
const lost = [
  ...['dns: 1.1.1.1', 'dns_opt: [x]', 'dns_search: x', 'domainname: x', 'extends: {service: a}', 'external_links: [a]'],
  ...['gpus: all', 'mac_address: 02:42:ac:11:65:43', 'models: [m]', 'post_start: [{command: x}]', 'scale: 2'],
  ...['pre_stop: [{command: x}]', 'provider: {type: x}', 'stop_signal: SIGINT', 'storage_opt: {size: 1G}'],
  ...['use_api_socket: true', 'volumes_from: [a]'],
];

/** Values that become something else, and the beginning of what is said about each. */
const noted: readonly (readonly [compose: string, note: string])[] = [
  ...harmless.map((text) => [text, `notice: "${text.split(':', 1)[0] ?? ''}" has no counterpart in lkit: `] as const),
  ...lost.map((text) => [text, `warning: "${text.split(':', 1)[0] ?? ''}" has no counterpart in lkit: `] as const),
  ['init: true', 'notice: lkit starts no init in the container'],
  ['user: nginx', 'warning: the user or group "nginx" is a name, and lkit takes numbers'],
  ['group_add: [audio]', 'warning: the group "audio" is a name'],
  ['pid: service:db', 'warning: only "host" has a counterpart'],
  ['network_mode: macnet', 'warning: the network "macnet" has no counterpart'],
  ['security_opt: ["seccomp:unconfined"]', 'notice: "seccomp" has no counterpart'],
  ['cap_add: [ALL]\ncap_drop: [CHOWN]', 'warning: lkit has no way to drop single ones'],
  ['restart: on-failure:3', 'notice: lkit does not count restarts'],
  ['deploy: {replicas: 3}', 'warning: lkit runs one of each service, not 3'],
  ['devices: [/dev/unheard-of]', 'warning: the numbers of /dev/unheard-of are not known'],
  ['blkio_config: {weight: 1, device_read_bps: []}', 'warning: limits of single devices'],
  ['healthcheck: {test: x, timeout: 5s}', 'notice: "timeout" has no counterpart'],
  ['healthcheck: {interval: 5s}', "warning: the image's own healthcheck is not used"],
  ['build: {context: ., cache_from: [a]}', 'warning: "cache_from" of a build has no counterpart'],
  ['volumes: [{type: npipe, source: a, target: /b}]', 'warning: a volume of type "npipe"'],
  ['volumes: [./missing:/m]', 'warning: there is no ./missing on this computer'],
  ['volumes: [data:/d]', "notice: the volume is in the machine's memory"],
  ['volumes: [/run/docker.sock:/d]', 'notice: /run/docker.sock is that of the machine'],
  ['ports: ["8080:80"]', 'notice: published by the command that runs the machine: lkit run -publish 8080:80'],
  ['command: serve', 'warning: whether the image has an entrypoint'],
  ['environment: {A: 1}', 'warning: what the image itself has for its environment is not known'],
  ['sysctls: {net.ipv4.tcp_rmem: 1 2 3}', "warning: net.ipv4.tcp_rmem is the whole guest's"],
  ['imagee: x', 'warning: "imagee" is not a key of Compose (did you mean "image"?)'],
  ['image: "nginx:${NOWHERE}1"', 'warning: the variable NOWHERE is not set'],
];

/** Keys inside of keys, as they are written, and the path by which lkit knows each. */
const nested: readonly (readonly [compose: string, path: string])[] = [
  ...[
    ...['mode: global', 'endpoint_mode: vip', 'labels: {a: b}', 'update_config: {parallelism: 1}', 'placement: {}'],
    ...['rollback_config: {order: stop-first}', 'restart_policy: {condition: any, max_attempts: 3}'],
    ...['restart_policy: {condition: any, window: 1m}', 'resources: {reservations: {cpus: "1"}}'],
    ...['resources: {reservations: {generic_resources: []}}', 'resources: {reservations: {devices: []}}'],
  ].map((text) => [`deploy: {${text}}`, pathIn('deploy', text)] as const),
  ['depends_on: {other: {condition: service_started, restart: true}}', 'depends_on.*.restart'],
  ...[
    ...['interface_name: eth1', 'ipv4_address: 10.0.0.2', 'ipv6_address: "::2"', 'link_local_ips: []', 'priority: 1'],
    ...['mac_address: "02:42:ac:11:65:43"', 'driver_opts: {}', 'gw_priority: 1'],
  ].map((text) => [`networks: {front: {${text}}}`, pathIn('networks.*', text)] as const),
  ['ports: [{target: 80, app_protocol: http}]', 'ports.*.app_protocol'],
  ...['consistency: cached', 'bind: {propagation: shared}', 'bind: {selinux: z}'].map(
    (text) => [`volumes: [{type: bind, source: ./html, target: /s, ${text}}]`, pathIn('volumes.*', text)] as const,
  ),
  ...['volume: {subpath: a}', 'volume: {labels: {a: b}}'].map(
    (text) => [`volumes: [{type: volume, source: data, target: /s, ${text}}]`, pathIn('volumes.*', text)] as const,
  ),
  ['volumes: [{type: image, source: "alpine:3", target: /a, image: {subpath: etc}}]', 'volumes.*.image.subpath'],
  ...['configs', 'secrets'].flatMap((section) =>
    ['uid: "1"', 'gid: "1"'].map(
      (text) => [`${section}: [{source: x, ${text}}]`, pathIn(`${section}.*`, text)] as const,
    ),
  ),
];

/** `a: {b: {c: 1}}` below `prefix` is `prefix.a.b.c`; of several keys the last. */
function pathIn(prefix: string, text: string): string {
  const [key = '', rest = ''] = text.split(/: (.*)/s);
  const last = /^\{(?:[^{}]*, )?(\w+: .*)\}$/s.exec(rest)?.[1];
  const isLeaf = ['labels', 'update_config', 'rollback_config', 'driver_opts'].includes(key) || last === undefined;
  return isLeaf ? `${prefix}.${key}` : pathIn(`${prefix}.${key}`, last);
}

/** All keys of a service in the Compose specification (schema/compose-spec.json). */
const specified = [
  ...['develop', 'deploy', 'annotations', 'attach', 'build', 'blkio_config', 'cap_add', 'cap_drop', 'cgroup'],
  ...['cgroup_parent', 'command', 'configs', 'container_name', 'cpu_count', 'cpu_percent', 'cpu_shares', 'cpu_quota'],
  ...['cpu_period', 'cpu_rt_period', 'cpu_rt_runtime', 'cpus', 'cpuset', 'credential_spec', 'depends_on'],
  ...['device_cgroup_rules', 'devices', 'dns', 'dns_opt', 'dns_search', 'domainname', 'entrypoint', 'env_file'],
  ...['label_file', 'environment', 'expose', 'extends', 'provider', 'external_links', 'extra_hosts', 'gpus'],
  ...['group_add', 'healthcheck', 'hostname', 'image', 'init', 'ipc', 'isolation', 'labels', 'links', 'logging'],
  ...['mac_address', 'mem_limit', 'mem_reservation', 'mem_swappiness', 'memswap_limit', 'network_mode', 'models'],
  ...['networks', 'oom_kill_disable', 'oom_score_adj', 'pid', 'pids_limit', 'platform', 'ports', 'post_start'],
  ...['pre_stop', 'privileged', 'profiles', 'pull_policy', 'pull_refresh_after', 'read_only', 'restart', 'runtime'],
  ...['scale', 'security_opt', 'shm_size', 'secrets', 'sysctls', 'stdin_open', 'stop_grace_period', 'stop_signal'],
  ...['storage_opt', 'tmpfs', 'tty', 'ulimits', 'use_api_socket', 'user', 'uts', 'userns_mode', 'volumes'],
  ...['volumes_from', 'working_dir'],
];

/** All keys outside of services in the Compose specification (schema/compose-spec.json), but those of what files hold. */
const specifiedOutside: Readonly<Record<string, readonly string[]>> = {
  networks: [
    ...['name', 'driver', 'driver_opts', 'ipam', 'external', 'internal', 'enable_ipv4', 'enable_ipv6', 'attachable'],
    'labels',
  ],
  volumes: ['name', 'driver', 'driver_opts', 'external', 'labels'],
  secrets: ['name', 'labels', 'driver', 'driver_opts', 'template_driver'],
  configs: ['name', 'labels', 'template_driver'],
};

describe('convert a Compose file', () => {
  for (const [compose, expected] of cases) {
    it(`${compose.replaceAll('\n', ', ')} makes ${JSON.stringify(expected)}`, async () => {
      const { web } = await service(compose);
      const found = Object.fromEntries(Object.keys(expected).map((key) => [key, web[key]]));
      assert.deepEqual(found, expected);
    });
  }

  for (const [compose, note] of noted) {
    it(`${compose.replaceAll('\n', ', ')}: ${note}`, async () => {
      const { notes } = await service(compose);
      assert.ok(
        notes.some((each) => each.replace(/^\S+ /, '').startsWith(note)),
        notes.join('\n'),
      );
    });
  }

  for (const [compose, path] of nested) {
    it(`tells of ${path}: ${compose}`, async () => {
      const given = 'configs: {x: {content: x}}\nsecrets: {x: {file: ./key.pem}}\n';
      const text = `services:\n  web:\n    image: known\n    ${compose}\n  other: {image: known}\n${given}`;
      const { notes } = await convert(text);
      const { severity, why } = nestedLosses[path] ?? { severity: 'notice', why: 'unknown' };
      const key = path.split('.').at(-1) ?? '';
      const note = `compose.yaml:4:.*: ${severity}: "${key}" has no counterpart in lkit: ${why}`;
      assert.ok(
        notes.some((each) => new RegExp(note).test(each)),
        notes.join('\n'),
      );
    });
  }

  it('is tested with every key inside of keys that it knows', () => {
    assert.deepEqual(nested.map(([, path]) => path).sort(), Object.keys(nestedLosses).sort());
  });

  for (const [section, keys] of Object.entries(specifiedOutside)) {
    it(`tells of every key of ${section}, at its place, unless it is false`, async () => {
      for (const key of keys) {
        const outside = (value: string): string =>
          `services: {web: {image: known}}\n${section}:\n  x: {file: ./key.pem, ${key}: ${value}}\n`;
        const { notes } = await convert(outside('a'));
        assert.equal(notes.length, 1, notes.join('\n'));
        assert.match(notes[0] ?? '', new RegExp(`^compose\\.yaml:3:\\d+: \\w+: "${key}" has no counterpart in lkit: `));
        assert.deepEqual((await convert(outside('false'))).notes, []);
      }
    });
  }

  it('has nothing to run models with', async () => {
    const { notes } = await convert('services: {web: {image: known}}\nmodels: {m: {model: ai/x}}\n');
    assert.match(notes.join('\n'), /^compose\.yaml:2:\d+: warning: "models" has no counterpart in lkit: run a server/);
  });

  it('knows every key that the specification has for a service', async () => {
    for (const key of specified) {
      const text = `services:\n  web:\n    ${key}:\n`;
      const { diagnostics } = await convertCompose({ file: 'c', text, baseDir: '/' }, options);
      const unknown = diagnostics.filter(({ code }) => code === 'unknown-key');
      assert.deepEqual(unknown, [], key);
    }
  });

  it('makes a whole system, with its services on one network under their names', async () => {
    const { system, yaml, notes } = await convert(`
name: shop
services:
  web:
    image: known
    ports: ["127.0.0.1:8080:80", "53:5353/udp", "9000-9001:9000-9001", {target: 7, published: 70}]
    depends_on: [db]
    links: ["db:database"]
    extra_hosts: ["printer=10.1.2.3", "old:10.9.9.9", "six=[::5]", "me=host-gateway"]
    networks: {front: {aliases: [www]}}
    sysctls: {net.ipv4.ip_forward: 1}
  db:
    image: known
    container_name: the-db
    volumes: [data:/var/lib/db]
volumes: {data: }
networks: {front: }
`);
    assert.deepEqual(system.init, ['pkg:init', 'pkg:runc', 'pkg:containerd']);
    assert.deepEqual(
      system.services.map(({ name, dependsOn }) => [name, dependsOn]),
      [
        ['web', ['db']],
        ['db', undefined],
      ],
    );
    assert.deepEqual(system.volumes, [{ name: 'data' }]);
    assert.match(system.kernel.cmdline, / sysctl\.net\.ipv4\.ip_forward=1$/);
    assert.deepEqual((system.files[0]?.contents ?? '').trim().split('\n').slice(2), [
      ...['127.0.0.1 web', '127.0.0.1 www', '127.0.0.1 database', '10.1.2.3 printer', '10.9.9.9 old', '::5 six'],
      ...['10.0.2.2 me', '127.0.0.1 db', '127.0.0.1 the-db'],
    ]);
    const publish =
      '-publish 127.0.0.1:8080:80 -publish 53:5353/udp -publish 9000:9000 -publish 9001:9001 -publish 70:7';
    assert.ok(
      yaml.startsWith(`# Made from compose.yaml by lkit convert.\n#   lkit run qemu ${publish} compose\n`),
      yaml,
    );
    assert.ok(!notes.some((each) => each.includes(' error: ')));
  });

  it('uses crun alone when asked to', async () => {
    assert.deepEqual((await service('', { runtime: 'crun' })).system.init, ['pkg:init', 'pkg:crun']);
  });

  it('runs at boot what others wait for to end', async () => {
    const { system } = await convert(`
services:
  migrate: {image: known, restart: on-failure}
  web:
    image: known
    depends_on: {migrate: {condition: service_completed_successfully}, db: {condition: service_healthy}}
  db: {image: known, healthcheck: {test: [CMD, ready]}}
`);
    assert.deepEqual(
      system.onboot.map(({ name, onFailure, restart }) => [name, onFailure, restart]),
      [
        ['dhcp', undefined, undefined],
        ['migrate', 'halt', undefined],
      ],
    );
    assert.deepEqual(
      system.services.map(({ name, dependsOn }) => [name, dependsOn]),
      [
        ['web', ['db']],
        ['db', undefined],
      ],
    );
  });

  it('starts only the services whose profiles are asked for', async () => {
    const text = 'services:\n  web: {image: a}\n  debug: {image: b, profiles: [dev]}\n';
    const names = async (profiles: readonly string[]) =>
      (await convert(text, { profiles })).system.services.map(({ name }) => name);
    assert.deepEqual(await names([]), ['web']);
    assert.deepEqual(await names(['dev']), ['web', 'debug']);
    assert.deepEqual(await names(['*']), ['web', 'debug']);
  });

  it('makes files of configs, secrets and mounted files', async () => {
    const { system, notes } = await convert(
      `
services:
  web:
    image: known
    configs: [site.conf, {source: inline, target: /etc/inline, mode: "0440"}]
    secrets: [key]
    volumes: [./site.conf:/one, ./site.conf:/two]
configs:
  site.conf: {file: ./site.conf}
  inline: {content: "text of \${TAG}"}
secrets:
  key: {file: ./key.pem}
`,
      { outputDir: '/project/out' },
    );
    assert.deepEqual(system.files.slice(1), [
      { path: 'etc/compose/web/site.conf', source: '../site.conf', mode: '0640' },
      { path: 'etc/compose/web/2-site.conf', source: '../site.conf', mode: '0640' },
      { path: 'etc/compose/web/3-site.conf', source: '../site.conf', mode: '0444' },
      { path: 'etc/compose/web/inline', contents: 'text of 3.20', mode: '0440' },
      { path: 'etc/compose/web/key', source: '../key.pem', mode: '0400' },
    ]);
    assert.deepEqual(system.services[0]?.['binds'], [
      '/etc/compose/web/site.conf:/one',
      '/etc/compose/web/2-site.conf:/two',
      '/etc/compose/web/3-site.conf:/site.conf:ro',
      '/etc/compose/web/inline:/etc/inline:ro',
      '/etc/compose/web/key:/run/secrets/key:ro',
      ...nameFiles,
    ]);
    assert.ok(notes.some((each) => each.includes('the secret "key" is part of the system')));
  });

  it('shares a folder between services as one volume, filled with its files', async () => {
    const { system } = await convert(`
services:
  one: {image: a, volumes: [./html:/srv]}
  two: {image: a, volumes: [./html:/srv:ro]}
`);
    assert.deepEqual(system.volumes, [{ name: 'one-html', image: 'rootfs:./html' }]);
  });

  it('reads what anchors and merge keys stand for', async () => {
    const { system } = await convert(`
x-common: &common
  restart: always
  environment: &env {A: "\${TAG}"}
services:
  web:
    <<: *common
    image: known
`);
    assert.equal(system.services[0]?.['restart'], 'always');
    assert.deepEqual(system.services[0]['env'], ['PATH=/image/bin', 'SHARED=image', 'A=3.20']);
  });
});

describe('a Compose file that cannot be converted', () => {
  const wrong: readonly (readonly [title: string, text: string, problem: string])[] = [
    ['no services', 'name: x\n', 'compose.yaml:1:1: there are no services in this file'],
    ['a list for services', 'services: []\n', 'compose.yaml:1:11: there are no services in this file'],
    ['a text for a service', 'services:\n  a: text\n', 'compose.yaml:2:6: the service "a" is not a mapping'],
    [
      'neither image nor build',
      'services:\n  a: {tty: false}\n',
      'compose.yaml:2:6: the service "a" has neither image nor build',
    ],
    ['a port that is none', 'services:\n  a: {image: x, ports: [http]}\n', 'compose.yaml:2:25: this is not a port'],
    [
      'a range that does not fit',
      'services:\n  a: {image: x, ports: ["1-2:5-9"]}\n',
      'compose.yaml:2:25: this is not a port',
    ],
    [
      'a volume that is none',
      'services:\n  a: {image: x, volumes: [a:b]}\n',
      'compose.yaml:2:27: this is not a volume',
    ],
    [
      'a volume without a target',
      'services:\n  a: {image: x, volumes: [{type: volume}]}\n',
      'compose.yaml:2:27: this volume has no target',
    ],
    [
      'an open quote',
      `services:\n  a: {image: x, command: "it's"}\n`,
      'compose.yaml:2:26: a quotation mark is never closed',
    ],
    [
      'a size that is none',
      'services:\n  a: {image: x, mem_limit: much}\n',
      'compose.yaml:2:28: this is not an amount of memory',
    ],
    [
      'processors that are none',
      'services:\n  a: {image: x, cpus: -1}\n',
      'compose.yaml:2:23: this is not a number of processors',
    ],
    [
      'a number that is none',
      'services:\n  a: {image: x, pids_limit: few}\n',
      'compose.yaml:2:29: this is not a whole number',
    ],
    [
      'half a limit',
      'services:\n  a: {image: x, ulimits: {nofile: {soft: 1}}}\n',
      'compose.yaml:2:35: a limit is a number, or has "soft" and "hard"',
    ],
    [
      'an unknown policy',
      'services:\n  a: {image: x, restart: often}\n',
      'compose.yaml:2:26: there is no restart policy "often"',
    ],
    [
      'a strange test',
      'services:\n  a: {image: x, healthcheck: {test: [RUN, x]}}\n',
      'compose.yaml:2:37: a test begins with CMD, CMD-SHELL or NONE',
    ],
    [
      'a strange interval',
      'services:\n  a: {image: x, healthcheck: {test: x, interval: soon}}\n',
      'compose.yaml:2:50: this is not a duration',
    ],
    [
      'a missing environment file',
      'services:\n  a: {image: x, env_file: gone.env}\n',
      'compose.yaml:2:27: there is no file gone.env',
    ],
    [
      'an unknown config',
      'services:\n  a: {image: x, configs: [c]}\n',
      'compose.yaml:2:27: there is no "c" among the configs at the end of the file',
    ],
    [
      'a build from the web',
      'services:\n  a: {build: "https://example.org/a.git"}\n',
      'compose.yaml:2:14: lkit builds from a folder of this computer',
    ],
    [
      'a host without an address',
      'services:\n  a: {image: x, extra_hosts: [db]}\n',
      'compose.yaml:2:31: "db" has no address',
    ],
    [
      'a rule that is none',
      'services:\n  a: {image: x, device_cgroup_rules: [all]}\n',
      'compose.yaml:2:39: this is not a rule for devices',
    ],
    [
      'a variable that is required',
      'services:\n  a: {image: "${NO:?say which}"}\n',
      'compose.yaml:2:14: the variable NO is not set: say which',
    ],
    ['a brace left open', 'services:\n  a: {image: "${NO"}\n', 'compose.yaml:2:14: "${" is never closed in "${NO"'],
    ['includes', 'include: [a.yml]\nservices:\n  a: {image: x}\n', 'compose.yaml:1:1: lkit does not follow "include"'],
    ['broken YAML', 'services: [\n', 'compose.yaml'],
  ];
  for (const [title, text, problem] of wrong) {
    it(`has ${title}`, async () => {
      const found = await problems(text);
      assert.ok(
        found.some((each) => each.startsWith(problem)),
        found.join('\n'),
      );
    });
  }
});
