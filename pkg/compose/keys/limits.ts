import type { Tree } from '../../spec/index.ts';
import type { Converter, ServiceDraft } from '../draft.ts';
import { isTrue, pairs, parseBytes, parseWhole, scalarText } from '../values.ts';

/** The period that shares of processors are counted over, in microseconds; Docker's own. */
const cpuPeriod = 100_000;

/** Compose's keys whose value is a number, and where that goes below `resources`. */
const numbers: readonly (readonly [key: string, group: string, name: string])[] = [
  ['cpu_shares', 'cpu', 'shares'],
  ['cpu_quota', 'cpu', 'quota'],
  ['cpu_period', 'cpu', 'period'],
  ['cpu_rt_runtime', 'cpu', 'realtimeRuntime'],
  ['cpu_rt_period', 'cpu', 'realtimePeriod'],
  ['mem_swappiness', 'memory', 'swappiness'],
  ['pids_limit', 'pids', 'limit'],
];

const sizes: readonly (readonly [key: string, name: string])[] = [
  ['mem_limit', 'limit'],
  ['mem_reservation', 'reservation'],
  ['memswap_limit', 'swap'],
];

/** Limits on memory, processors and processes. */
export const limits: Converter = (service) => {
  for (const [key, name] of sizes) setMemory(service, service.get(key), name);
  for (const [key, group, name] of numbers) setNumber(service, service.get(key), group, name);
  setCpus(service, service.get('cpus'));
  const cpuset = service.text('cpuset');
  if (cpuset !== undefined) service.limit('cpu', { cpus: cpuset });
  if (isTrue(service.get('oom_kill_disable'))) service.limit('memory', { disableOOMKiller: true });
  const blkio = service.get('blkio_config');
  if (blkio?.kind === 'mapping') {
    setNumber(service, blkio.entries.get('weight')?.value, 'blockio', 'weight');
    if (blkio.entries.size > 1) service.warn(blkio, 'limits of single devices are left out: lkit takes device numbers');
  }
};

function setMemory(service: ServiceDraft, node: Tree | undefined, name: string): void {
  if (node === undefined) return;
  const bytes = parseBytes(scalarText(node) ?? '');
  if (bytes === undefined) service.invalid(node, 'this is not an amount of memory', 'Examples: 64m, 1g.');
  else service.limit('memory', { [name]: bytes });
}

function setNumber(service: ServiceDraft, node: Tree | undefined, group: string, name: string): void {
  if (node === undefined) return;
  const number = parseWhole(scalarText(node));
  if (number === undefined) service.invalid(node, 'this is not a whole number');
  else service.limit(group, { [name]: number });
}

function setCpus(service: ServiceDraft, node: Tree | undefined): void {
  if (node === undefined) return;
  const cpus = Number(scalarText(node));
  if (cpus > 0) service.limit('cpu', { quota: Math.round(cpus * cpuPeriod), period: cpuPeriod });
  else service.invalid(node, 'this is not a number of processors', 'Example: 0.5');
}

/** `deploy`: what concerns one machine. */
export const deploy: Converter = (service) => {
  const node = service.get('deploy');
  if (node?.kind !== 'mapping') return;
  const below = (...keys: readonly string[]): Tree | undefined =>
    keys.reduce<Tree | undefined>(
      (each, key) => (each?.kind === 'mapping' ? each.entries.get(key)?.value : undefined),
      node,
    );
  setMemory(service, below('resources', 'limits', 'memory'), 'limit');
  setMemory(service, below('resources', 'reservations', 'memory'), 'reservation');
  setNumber(service, below('resources', 'limits', 'pids'), 'pids', 'limit');
  setCpus(service, below('resources', 'limits', 'cpus'));
  const replicas = parseWhole(scalarText(below('replicas'))) ?? 1;
  if (replicas !== 1) service.warn(node, `lkit runs one of each service, not ${replicas}`);
  const condition = { any: 'always', 'on-failure': 'on-failure', none: 'no' }[
    scalarText(below('restart_policy', 'condition')) ?? ''
  ];
  if (condition !== undefined) service.keys['restart'] = condition;
  const delay = scalarText(below('restart_policy', 'delay'));
  if (delay !== undefined) service.keys['restartDelay'] = delay;
};

/** `ulimits`: one number for both limits, or a mapping of two. */
export const ulimits: Converter = (service) => {
  for (const { key, value, node } of pairs(service.get('ulimits'))) {
    const of = (name: string): string | undefined =>
      node.kind === 'mapping' ? scalarText(node.entries.get(name)?.value) : value;
    const [soft = '', hard = ''] = [of('soft'), of('hard')].map((each) => (each === '-1' ? 'unlimited' : each));
    if (soft === '' || hard === '') service.invalid(node, 'a limit is a number, or has "soft" and "hard"');
    else service.add('rlimits', `${key},${soft},${hard}`);
  }
};
