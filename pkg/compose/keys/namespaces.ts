import type { Converter } from '../draft.ts';
import { isTrue, listOfTexts, pairs } from '../values.ts';

/** `network_mode`, `networks`, `links`, `extra_hosts`: all services share the guest's network and know each other by name. */
export const network: Converter = (service) => {
  const { hosts } = service.system;
  const mode = service.get('network_mode');
  const kind = service.text('network_mode') ?? '';
  if (kind === 'none') service.keys['net'] = 'none';
  else if (mode !== undefined && !/^(host|bridge|default|service:.*|container:.*)$/.test(kind)) {
    service.warn(mode, `the network "${kind}" has no counterpart: lkit's services share the guest's network`);
  }
  const names = [service.text('container_name'), service.text('hostname'), ...aliases(service.get('networks'))];
  for (const name of [service.name, ...names]) if (name !== undefined) hosts.set(name, '127.0.0.1');
  for (const link of service.texts('links')) hosts.set(link.split(':').at(-1) ?? link, '127.0.0.1');
  for (const { text, node } of extraHosts(service.get('extra_hosts'))) {
    const [name = '', address = ''] = text;
    // slirp's name for the host that runs the machine (QEMU manual, "Network emulation").
    if (address === 'host-gateway') hosts.set(name, '10.0.2.2');
    else if (address === '') service.invalid(node, `"${name}" has no address`, 'Example: "db=192.168.1.10".');
    else hosts.set(name, address.replace(/^\[(.*)\]$/, '$1'));
  }
  service.add('binds', '/etc/resolv.conf:/etc/resolv.conf:ro', '/etc/hosts:/etc/hosts:ro');
};

function aliases(networks: ReturnType<Parameters<Converter>[0]['get']>): readonly string[] {
  if (networks?.kind !== 'mapping') return [];
  return [...networks.entries.values()].flatMap(({ value }) =>
    value.kind === 'mapping' ? listOfTexts(value.entries.get('aliases')?.value).map(({ text }) => text) : [],
  );
}

function extraHosts(node: ReturnType<Parameters<Converter>[0]['get']>) {
  return pairs(node).map(({ key, value, node: item }) => {
    // The older form has a colon; an IPv6 address has more of them.
    const text = value === undefined ? key.split(/:(.*)/s, 2) : [key, value];
    return { text, node: item };
  });
}

/** `pid`, `ipc`, `uts`, `userns_mode`, `hostname`, `shm_size`. */
export const otherNamespaces: Converter = (service) => {
  const pid = service.get('pid');
  if (service.text('pid') === 'host') service.keys['pid'] = 'host';
  else if (pid !== undefined) service.warn(pid, 'only "host" has a counterpart in lkit');

  const ipc = service.text('ipc');
  if (ipc === 'private' || ipc === 'none') service.keys['ipc'] = 'new';
  const hostname = service.text('hostname');
  if (hostname !== undefined) Object.assign(service.keys, { uts: 'new', hostname });
  const shared = service.text('shm_size');
  if (shared !== undefined) service.add('tmpfs', `/dev/shm:size=${shared.replace(/i?b$/i, '')},mode=1777`);
};

/** `tmpfs` and the parts of a container that need nothing more than a line each. */
export const memoryMounts: Converter = (service) => {
  service.add('tmpfs', ...service.texts('tmpfs'));
  const score = service.text('oom_score_adj');
  if (score !== undefined) service.keys['oomScoreAdj'] = Number(score);
  const parent = service.text('cgroup_parent');
  if (parent !== undefined) service.keys['cgroupsPath'] = `/${parent}/${service.name}`.replaceAll('//', '/');
  const init = service.get('init');
  if (isTrue(init) && init)
    service.notice(init, 'lkit starts no init in the container: its program reaps its own children');
};
