import { definition, flag, type JsonSchema, list, record, text, texts } from './json-schema.ts';
import { absolutePath, containerdNamespace, interfaceName } from './patterns.ts';

const namespace = (what: string, example: string): JsonSchema =>
  text(`Bind the container’s ${what} namespace to this path.`, { ...absolutePath, examples: [example] });

/** `runtime`: what init does around a container. */
export const runtime = record(
  'runtime',
  'What the guest’s init prepares before it starts the container. Here each key by itself replaces the label’s.',
  {
    cgroups: texts('Control groups to create.', { examples: [['podruntime', 'systemd']] }),
    mounts: list('File systems to mount in the root namespace.', definition('mount'), {
      examples: [[{ type: 'bind', source: '/var/lib/data', destination: '/data', options: ['bind'] }]],
    }),
    mkdir: texts('Folders to create in the root namespace.', { examples: [['/var/lib/docker']] }),
    interfaces: list(
      'Network interfaces to make or move.',
      record(
        'interface',
        'A network interface of the container.',
        {
          name: text('Name of the interface; without `add`, it is moved into the container.', {
            ...interfaceName,
            examples: ['wg0'],
          }),
          add: text('Create the interface, of this kind.', { examples: ['veth', 'wireguard'] }),
          peer: text('The other end of a veth pair, which stays in the root namespace.', { examples: ['veth1'] }),
          createInRoot: flag('Create the interface in the root namespace and move it, so that its sockets stay there.'),
        },
        { required: ['name'] },
      ),
      { examples: [[{ name: 'veth0', add: 'veth', peer: 'veth1' }]] },
    ),
    bindNS: record(
      'bindNS',
      'Bind the container’s namespaces to paths, for others to join.',
      {
        cgroup: namespace('cgroup', '/run/netns/cgroup'),
        ipc: namespace('IPC', '/run/netns/ipc'),
        mnt: namespace('mount', '/run/netns/mnt'),
        net: namespace('network', '/run/netns/web'),
        pid: namespace('process', '/run/netns/pid'),
        user: namespace('user', '/run/netns/user'),
        uts: namespace('host name', '/run/netns/uts'),
      },
      { examples: [{ net: '/run/netns/web' }] },
    ),
    namespace: text('The containerd namespace that a service runs in.', {
      ...containerdNamespace,
      default: 'services.linuxkit',
      examples: ['services.linuxkit'],
    }),
  },
  { examples: [{ mkdir: ['/var/lib/docker'] }] },
);
