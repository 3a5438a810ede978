import assert from 'node:assert/strict';
import type { Bundle } from '../../../pkg/bundle/index.ts';
import { bundle, configPart, runtimeFile, text } from './support.ts';

/** `path mode kind` of each file. */
function listing({ files }: Bundle): readonly string[] {
  return files.map(({ path, mode, content }) => `${path} ${mode.toString(8)} ${content.kind}`);
}

describe('a bundle', () => {
  it('of a service with a writable root', () => {
    const made = bundle();
    assert.equal(made.tree, '/containers/services/web/lower');
    assert.deepEqual(listing(made), [
      'containers/services/web 755 directory',
      'containers/services/web/config.json 644 data',
      'containers/services/web/lower 755 directory',
      'containers/services/web/prepare 755 data',
      'containers/services/web/rootfs 755 directory',
      'containers/services/web/runtime.json 644 data',
      'containers/services/web/service.conf 644 data',
      'containers/services/web/tmp 755 directory',
    ]);
    assert.ok(made.files.every(({ uid, gid }) => uid === 0 && gid === 0));
  });

  it('of an onboot container with a read-only root and something to attach', () => {
    const keys = { readonly: true, net: 'new', runtime: { interfaces: [{ name: 'eth1' }] } };
    const made = bundle({ ...keys, name: 'dhcp' }, { section: 'onboot', index: 7 });
    assert.equal(made.tree, '/containers/onboot/007-dhcp/rootfs');
    assert.deepEqual(listing(made), [
      'containers/onboot/007-dhcp 755 directory',
      'containers/onboot/007-dhcp/attach 755 data',
      'containers/onboot/007-dhcp/config.json 644 data',
      'containers/onboot/007-dhcp/onboot.conf 644 data',
      'containers/onboot/007-dhcp/prepare 755 data',
      'containers/onboot/007-dhcp/rootfs 755 directory',
      'containers/onboot/007-dhcp/runtime.json 644 data',
    ]);
  });

  it('of an onshutdown container has no settings', () => {
    const paths = listing(bundle({}, { section: 'onshutdown', index: 12 }));
    assert.ok(paths.includes('containers/onshutdown/012-web/prepare 755 data'));
    assert.ok(!paths.some((path) => path.includes('.conf')));
  });

  it('with a read-only root has a folder for a layer where the image may lack a mount point', () => {
    const made = listing(bundle({ readonly: true, binds: ['/etc/resolv.conf:/etc/resolv.conf'] }));
    assert.ok(made.includes('containers/services/web/tmp 755 directory'));
  });

  it('shares the tree of another container', () => {
    const sharedTree = '/containers/onboot/000-a/lower';
    const writable = bundle({}, { sharedTree });
    assert.equal(writable.tree, sharedTree);
    assert.ok(!listing(writable).some((line) => line.includes('/lower ')));
    assert.match(text(writable, 'prepare'), /lowerdir=\/containers\/onboot\/000-a\/lower,upperdir=/);
    const readonly = bundle({ readonly: true }, { sharedTree });
    assert.match(text(readonly, 'prepare'), /mount -o bind '\/containers\/onboot\/000-a\/lower' '.*\/web\/rootfs'/);
    assert.equal(configPart(readonly, 'root.path'), '/containers/services/web/rootfs');
  });

  it("has only LinuxKit's own files for LinuxKit's init", () => {
    const runtime = { interfaces: [{ name: 'eth1' }] };
    const made = bundle({ net: 'new', runtime }, { init: 'linuxkit' });
    assert.deepEqual(
      made.files.map(({ path }) => path.replace('containers/services/web', '.')),
      ['.', './config.json', './lower', './rootfs', './runtime.json', './tmp'],
    );
    assert.equal(configPart(made, 'hooks'), undefined);
    assert.deepEqual(runtimeFile(made)['interfaces'], [{ name: 'eth1', createInRoot: false }]);
  });

  it('is the same for the same input', () => {
    assert.deepEqual(bundle({ tmpfs: ['/a'] }), bundle({ tmpfs: ['/a'] }));
  });
});

describe('runtime.json', () => {
  it('is always full', () => {
    assert.deepEqual(runtimeFile(bundle()), {
      cgroups: [],
      mounts: [
        { destination: '/containers/services/web/tmp', type: 'tmpfs', source: 'tmpfs' },
        { destination: '/containers/services/web/tmp', options: ['remount', 'private'] },
        {
          destination: '/containers/services/web/rootfs',
          type: 'overlay',
          source: 'overlay',
          options: [
            'lowerdir=/containers/services/web/lower',
            'upperdir=/containers/services/web/tmp/upper',
            'workdir=/containers/services/web/tmp/work',
          ],
        },
      ],
      mkdir: [],
      interfaces: [],
      bindNS: { cgroup: '', ipc: '', mnt: '', net: '', pid: '', user: '', uts: '' },
      namespace: '',
    });
  });

  it('has what the YAML asks for, the root first', () => {
    const runtime = {
      cgroups: ['web'],
      mkdir: ['/var/lib/web'],
      mounts: [{ destination: '/var/lib', type: 'tmpfs', source: 'tmpfs', options: ['mode=755'] }],
      interfaces: [
        { name: 'wg0', add: 'wireguard', createInRoot: true },
        { name: 'v0', peer: 'v1' },
      ],
      bindNS: { net: '/run/netns/web' },
      namespace: 'mine',
    };
    assert.deepEqual(runtimeFile(bundle({ readonly: true, net: 'new', runtime })), {
      ...runtime,
      mounts: [
        {
          destination: '/containers/services/web/rootfs',
          source: '/containers/services/web/rootfs',
          options: ['bind'],
        },
        ...runtime.mounts,
      ],
      interfaces: [
        { name: 'wg0', add: 'wireguard', createInRoot: true },
        { name: 'v0', peer: 'v1', createInRoot: false },
      ],
      bindNS: { cgroup: '', ipc: '', mnt: '', net: '/run/netns/web', pid: '', user: '', uts: '' },
    });
  });
});
