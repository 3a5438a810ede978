import type { Converter } from '../draft.ts';
import { devices } from './devices.ts';
import { image } from './image.ts';
import { dependencies, healthcheck, restart } from './lifecycle.ts';
import { deploy, limits, ulimits } from './limits.ts';
import { memoryMounts, network, otherNamespaces } from './namespaces.ts';
import { ports } from './ports.ts';
import { commandLine, environment, user } from './process.ts';
import { capabilities, confinement, kernelSettings } from './security.ts';
import { configsAndSecrets, volumes } from './storage.ts';

export { waitedForToEnd } from './lifecycle.ts';

/** In the order of the keys that they write, with the keys of Compose that they read. */
export const converters: readonly (readonly [convert: Converter, reads: readonly string[]])[] = [
  [image, ['image', 'build', 'platform']],
  [commandLine, ['command', 'entrypoint']],
  [environment, ['environment', 'env_file']],
  [user, ['user', 'group_add', 'working_dir']],
  [capabilities, ['cap_add', 'cap_drop', 'privileged']],
  [confinement, ['security_opt', 'read_only', 'annotations']],
  [volumes, ['volumes']],
  [configsAndSecrets, ['configs', 'secrets']],
  [network, ['network_mode', 'networks', 'links', 'extra_hosts', 'container_name']],
  [otherNamespaces, ['pid', 'ipc', 'uts', 'userns_mode', 'hostname', 'shm_size']],
  [memoryMounts, ['tmpfs', 'oom_score_adj', 'cgroup_parent', 'init']],
  [kernelSettings, ['sysctls']],
  [ulimits, ['ulimits']],
  [
    limits,
    [
      ...['mem_limit', 'mem_reservation', 'memswap_limit', 'mem_swappiness', 'oom_kill_disable', 'pids_limit'],
      ...['cpus', 'cpuset', 'cpu_shares', 'cpu_quota', 'cpu_period', 'cpu_rt_runtime', 'cpu_rt_period', 'blkio_config'],
    ],
  ],
  [deploy, ['deploy']],
  [devices, ['devices', 'device_cgroup_rules']],
  [ports, ['ports']],
  [restart, ['restart']],
  [dependencies, ['depends_on']],
  [healthcheck, ['healthcheck']],
];

/** Every key that is converted, or that decides whether the service is started at all. */
export const convertedKeys: ReadonlySet<string> = new Set(['profiles', ...converters.flatMap(([, reads]) => reads)]);
