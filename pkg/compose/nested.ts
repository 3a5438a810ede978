import type { LoadedFile, Tree } from '../spec/index.ts';
import type { ServiceDraft } from './draft.ts';
import type { Loss } from './without-counterpart.ts';

const oneNetwork = 'services share the network of the guest';
const oneOfEach = 'lkit runs one of each service, on one machine';

/**
 * Keys inside of a service's keys that lkit has nothing for. In a path, `*` stands for every item of a list and for every
 * value of a mapping. Those of `build`, `healthcheck` and `blkio_config` are told where they are converted.
 */
export const nestedLosses: Readonly<Record<string, Loss>> = {
  'deploy.mode': { severity: 'notice', why: oneOfEach },
  'deploy.endpoint_mode': { severity: 'notice', why: oneNetwork },
  'deploy.labels': { severity: 'notice', why: 'containers have no labels in the guest' },
  'deploy.update_config': { severity: 'notice', why: 'a new version is a new image of the system' },
  'deploy.rollback_config': { severity: 'notice', why: 'a new version is a new image of the system' },
  'deploy.placement': { severity: 'notice', why: oneOfEach },
  'deploy.restart_policy.max_attempts': { severity: 'notice', why: 'lkit does not count restarts' },
  'deploy.restart_policy.window': { severity: 'notice', why: 'lkit does not count restarts' },
  'deploy.resources.reservations.cpus': { severity: 'notice', why: 'give the machine its processors: lkit run -cpus' },
  'deploy.resources.reservations.generic_resources': { severity: 'warning', why: 'pass a device to the machine' },
  'deploy.resources.reservations.devices': {
    severity: 'warning',
    why: 'pass a device to the machine: lkit run -device',
  },
  'depends_on.*.restart': { severity: 'notice', why: 'a service goes on when one that it depends on is restarted' },
  'networks.*.interface_name': { severity: 'warning', why: oneNetwork },
  'networks.*.ipv4_address': { severity: 'warning', why: oneNetwork },
  'networks.*.ipv6_address': { severity: 'warning', why: oneNetwork },
  'networks.*.link_local_ips': { severity: 'warning', why: oneNetwork },
  'networks.*.mac_address': { severity: 'warning', why: oneNetwork },
  'networks.*.driver_opts': { severity: 'notice', why: oneNetwork },
  'networks.*.priority': { severity: 'notice', why: oneNetwork },
  'networks.*.gw_priority': { severity: 'notice', why: oneNetwork },
  'ports.*.app_protocol': { severity: 'notice', why: 'it only tells others what speaks there' },
  'volumes.*.consistency': { severity: 'notice', why: 'the folder is in the machine, so all see the same' },
  'volumes.*.bind.propagation': { severity: 'warning', why: 'volumes are mounted privately' },
  'volumes.*.bind.selinux': { severity: 'notice', why: 'the guest has no SELinux' },
  'volumes.*.volume.subpath': { severity: 'warning', why: 'all of the volume is mounted' },
  'volumes.*.volume.labels': { severity: 'notice', why: 'volumes have no labels in the guest' },
  'volumes.*.image.subpath': { severity: 'warning', why: 'all of the image is mounted' },
  'configs.*.uid': { severity: 'warning', why: 'the file is root’s' },
  'configs.*.gid': { severity: 'warning', why: 'the file is root’s' },
  'secrets.*.uid': { severity: 'warning', why: 'the file is root’s' },
  'secrets.*.gid': { severity: 'warning', why: 'the file is root’s' },
};

const itsKey = 'in lkit it has the name of its key';
const noLabels = 'nothing in the guest has labels';
const asItIs = 'the file is taken as it is';

/** The same outside of the services. */
export const topLevelLosses: Readonly<Record<string, Loss>> = {
  models: { severity: 'warning', why: 'run a server for them as a service' },
  'networks.*.name': { severity: 'notice', why: oneNetwork },
  'networks.*.driver': { severity: 'notice', why: oneNetwork },
  'networks.*.driver_opts': { severity: 'notice', why: oneNetwork },
  'networks.*.ipam': { severity: 'warning', why: oneNetwork },
  'networks.*.external': { severity: 'notice', why: oneNetwork },
  'networks.*.internal': { severity: 'warning', why: `${oneNetwork}, which is not cut off: lkit run -networking none` },
  'networks.*.enable_ipv4': { severity: 'notice', why: oneNetwork },
  'networks.*.enable_ipv6': { severity: 'notice', why: oneNetwork },
  'networks.*.attachable': { severity: 'notice', why: oneNetwork },
  'networks.*.labels': { severity: 'notice', why: noLabels },
  'volumes.*.name': { severity: 'notice', why: itsKey },
  'volumes.*.driver': { severity: 'warning', why: 'volumes are folders of the guest' },
  'volumes.*.driver_opts': { severity: 'warning', why: 'volumes are folders of the guest' },
  'volumes.*.external': { severity: 'warning', why: 'volumes are made with the guest, and empty' },
  'volumes.*.labels': { severity: 'notice', why: noLabels },
  'configs.*.name': { severity: 'notice', why: itsKey },
  'configs.*.labels': { severity: 'notice', why: noLabels },
  'configs.*.template_driver': { severity: 'warning', why: asItIs },
  'secrets.*.name': { severity: 'notice', why: itsKey },
  'secrets.*.labels': { severity: 'notice', why: noLabels },
  'secrets.*.driver': { severity: 'warning', why: asItIs },
  'secrets.*.driver_opts': { severity: 'warning', why: asItIs },
  'secrets.*.template_driver': { severity: 'warning', why: asItIs },
};

/** Tells of every such key of a service. */
export function reportNested({ file, node }: ServiceDraft): void {
  reportLosses(file, node, nestedLosses);
}

/** Tells of every such key outside of the services. */
export function reportTopLevel(file: LoadedFile, root: Tree): void {
  reportLosses(file, root, topLevelLosses);
}

function reportLosses(file: LoadedFile, root: Tree, losses: Readonly<Record<string, Loss>>): void {
  for (const [path, { severity, why }] of Object.entries(losses)) {
    for (const { key, node } of find(root, path.split('.'))) {
      // `internal: false` says nothing.
      if (node.kind === 'scalar' && node.value === false) continue;
      const code = severity === 'warning' ? 'not-supported' : 'no-effect';
      file.report(node, { severity, code, message: `"${key}" has no counterpart in lkit: ${why}` });
    }
  }
}

interface Found {
  readonly key: string;
  readonly node: Tree;
}

function find(node: Tree, [step = '', ...rest]: readonly string[], key = ''): readonly Found[] {
  if (step === '') return [{ key, node }];
  if (node.kind === 'list') return step === '*' ? node.items.flatMap((item) => find(item, rest, key)) : [];
  if (node.kind !== 'mapping') return [];
  if (step === '*') return [...node.entries].flatMap(([name, { value }]) => find(value, rest, name));
  const entry = node.entries.get(step);
  return entry === undefined ? [] : find(entry.value, rest, step);
}
