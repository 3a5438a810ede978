import assert from 'node:assert/strict';
import { effectiveKeys, type EffectiveKeys } from '../../../pkg/bundle/index.ts';
import type { ExecutionConfig } from '../../../pkg/image/index.ts';
import type { RuntimeKeys } from '../../../pkg/spec/index.ts';

type Row = readonly [config: ExecutionConfig, label: RuntimeKeys, yaml: RuntimeKeys, expected: Partial<EffectiveKeys>];

const image: ExecutionConfig = { Entrypoint: ['/entry'], Cmd: ['arg'], Env: ['A=image'], WorkingDir: '/image' };

const rows: Readonly<Record<string, Row>> = {
  'the image gives command, environment and folder': [
    image,
    {},
    {},
    { args: ['/entry', 'arg'], env: ['A=image'], cwd: '/image' },
  ],
  'the label wins over the image': [
    image,
    { command: ['/label'], env: ['B=label'], cwd: '/label' },
    {},
    { args: ['/label'], env: ['B=label'], cwd: '/label' },
  ],
  'the YAML wins over both': [
    image,
    { command: ['/label'], env: ['B=label'], cwd: '/label' },
    { command: ['/yaml'], env: ['C=yaml'], cwd: '/yaml' },
    { args: ['/yaml'], env: ['C=yaml'], cwd: '/yaml' },
  ],
  'a list replaces, it does not merge': [{}, { tmpfs: ['/a', '/b'] }, { tmpfs: ['/c'] }, { tmpfs: ['/c'] }],
  'an empty list empties': [
    image,
    { capabilities: ['all'], binds: ['/a:/a'], mounts: [{ destination: '/m', type: 'tmpfs' }] },
    { capabilities: [], binds: [], mounts: [], env: [] },
    { capabilities: [], binds: [], mounts: [], env: [] },
  ],
  'false and zero are values': [
    {},
    { readonly: true, noNewPrivileges: true, oomScoreAdj: 5, uid: 7 },
    { readonly: false, noNewPrivileges: false, oomScoreAdj: 0, uid: 0 },
    { readonly: false, noNewPrivileges: false, oomScoreAdj: 0, uid: 0 },
  ],
  'an empty text is none, for folders, namespaces and names': [
    { WorkingDir: '' },
    { net: 'new', pid: 'host', hostname: 'label' },
    { cwd: '', net: '', pid: '', hostname: '' },
    { cwd: '/', net: 'new', pid: 'host', hostname: 'label' },
  ],
  'capabilities.add appends to what the label has, without duplicates': [
    {},
    { capabilities: ['CAP_KILL', 'CAP_CHOWN'] },
    { capabilitiesAdd: ['CAP_CHOWN', 'CAP_BPF', 'CAP_BPF'] },
    { capabilities: ['CAP_KILL', 'CAP_CHOWN', 'CAP_BPF'] },
  ],
  'capabilities.add alone is the list': [{}, {}, { capabilitiesAdd: ['CAP_BPF'] }, { capabilities: ['CAP_BPF'] }],
  'capabilities in the YAML win over label and add': [
    {},
    { capabilities: ['CAP_KILL'] },
    { capabilities: ['CAP_BPF'], capabilitiesAdd: ['CAP_CHOWN'] },
    { capabilities: ['CAP_BPF'] },
  ],
  'binds.add appends to what the label has, without duplicates': [
    {},
    { binds: ['/a:/a', '/b:/b'] },
    { bindsAdd: ['/b:/b', '/c:/c'] },
    { binds: ['/a:/a', '/b:/b', '/c:/c'] },
  ],
  'binds in the YAML win over label and add': [
    {},
    { binds: ['/a:/a'] },
    { binds: ['/z:/z'], bindsAdd: ['/c:/c'] },
    { binds: ['/z:/z'] },
  ],
  'duplicates go even where nothing was added': [{}, {}, { binds: ['/a:/a', '/a:/a'] }, { binds: ['/a:/a'] }],
  "the image's user, volumes and ports have no say": [
    { User: 'nobody', Volumes: { '/v': {} }, ExposedPorts: { '80/tcp': {} } },
    {},
    {},
    { uid: 0, gid: 0, tmpfs: [], binds: [], mounts: [] },
  ],
  'runtime is taken key by key, bindNS too': [
    {},
    {
      runtime: { mkdir: ['/label'], cgroups: ['label'], namespace: 'label', bindNS: { net: '/l/net', uts: '/l/uts' } },
    },
    { runtime: { mkdir: ['/yaml'], bindNS: { net: '/y/net' } } },
    {
      runtime: {
        cgroups: ['label'],
        mounts: [],
        mkdir: ['/yaml'],
        interfaces: [],
        bindNS: { cgroup: '', ipc: '', mnt: '', net: '/y/net', pid: '', user: '', uts: '/l/uts' },
        namespace: 'label',
      },
    },
  ],
};

describe('effectiveKeys', () => {
  for (const [title, [config, label, yaml, expected]] of Object.entries(rows)) {
    it(title, () => {
      const keys = effectiveKeys(config, label, yaml);
      const chosen = Object.fromEntries(Object.keys(expected).map((key) => [key, keys[key as keyof EffectiveKeys]]));
      assert.deepEqual(chosen, expected);
    });
  }

  it("has LinuxKit's defaults", () => {
    const { runtime, ...keys } = effectiveKeys({}, {}, {});
    assert.deepEqual([keys.net, keys.ipc, keys.uts, keys.userns, keys.pid], ['host', 'host', 'host', 'host', 'new']);
    assert.deepEqual([keys.cwd, keys.uid, keys.gid, keys.readonly, keys.capabilities], ['/', 0, 0, false, []]);
    assert.deepEqual([keys.maskedPaths, keys.readonlyPaths, runtime.namespace], [[], [], '']);
  });
});
