import type { ExecutionConfig } from '../image/index.ts';
import { dockerCapabilities } from '../spec/index.ts';

export interface RuntimeUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The configuration of a container of an image, as the OCI image specification converts it (image-spec, conversion.md) and
 * with what Docker gives every container. For a user other than root, the container has a user namespace in which that
 * user is root (runc's `spec --rootless`).
 *
 * @param host who unpacked the image
 */
export function runtimeSpec(config: ExecutionConfig, user: RuntimeUser, host: RuntimeUser): object {
  const isRootless = host.uid !== 0;
  const args = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  const capabilities = [...dockerCapabilities];
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: isRootless ? { uid: 0, gid: 0 } : user,
      args: args.length > 0 ? args : ['sh'],
      env: config.Env ?? [],
      cwd: config.WorkingDir === undefined || config.WorkingDir === '' ? '/' : config.WorkingDir,
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: 'rootfs', readonly: false },
    hostname: 'container',
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      {
        destination: '/dev',
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
      },
      {
        destination: '/dev/pts',
        type: 'devpts',
        source: 'devpts',
        options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', ...(isRootless ? [] : ['gid=5'])],
      },
      {
        destination: '/dev/shm',
        type: 'tmpfs',
        source: 'shm',
        options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'],
      },
      { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
      isRootless
        ? { destination: '/sys', type: 'none', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'] }
        : { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
    ],
    annotations:
      config.StopSignal === undefined ? undefined : { 'org.opencontainers.image.stopSignal': config.StopSignal },
    linux: {
      namespaces: [...['pid', 'ipc', 'uts', 'mount'], ...(isRootless ? ['user'] : ['network'])].map((type) => ({
        type,
      })),
      ...(isRootless && {
        uidMappings: [{ containerID: 0, hostID: host.uid, size: 1 }],
        gidMappings: [{ containerID: 0, hostID: host.gid, size: 1 }],
      }),
      maskedPaths: [
        '/proc/acpi',
        '/proc/kcore',
        '/proc/keys',
        '/proc/latency_stats',
        '/proc/timer_list',
        '/sys/firmware',
      ],
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    },
  };
}

/**
 * The numbers of a configuration's `User`: `1000`, `1000:100`, `name`, `name:group`.
 *
 * @param passwd the image's /etc/passwd, `group` its /etc/group; empty where there is none
 * @returns `undefined` for a name that is in neither
 */
export function numericUser(text: string, passwd: string, group: string): RuntimeUser | undefined {
  const [name = '', groupName] = text.split(':');
  const fields = (file: string, wanted: string, idField: number): readonly string[] | undefined =>
    file
      .split('\n')
      .map((line) => line.split(':'))
      .find((each) => each[0] === wanted || (/^\d+$/.test(wanted) && each[idField] === wanted));
  const number = (field: string | undefined): number | undefined =>
    field !== undefined && /^\d+$/.test(field) ? Number(field) : undefined;
  if (name === '') return { uid: 0, gid: 0 };
  const entry = fields(passwd, name, 2);
  const uid = number(name) ?? number(entry?.[2]);
  const gid =
    groupName === undefined
      ? (number(entry?.[3]) ?? 0)
      : (number(groupName) ?? number(fields(group, groupName, 2)?.[2]));
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}
