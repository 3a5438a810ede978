import assert from 'node:assert/strict';
import { volumePaths } from '../../../pkg/bundle/index.ts';
import type { RuntimeKeys } from '../../../pkg/spec/index.ts';
import { at, bundle, configPart } from './support.ts';

const volume = { at, image: undefined, readonly: false, format: 'filesystem', platforms: undefined } as const;
const volumes = new Map([
  ['data', { ...volume, name: 'data' }],
  ['firm', { ...volume, name: 'firm', readonly: true }],
]);

function mountAt(destination: string, keys: RuntimeKeys): unknown {
  const mounts = configPart(bundle(keys, { volumes }), 'mounts') as readonly { readonly destination: string }[];
  return mounts.find((mount) => mount.destination === destination);
}

describe('volumes', () => {
  it("lie where LinuxKit's do", () => {
    assert.deepEqual(volumePaths('data'), {
      lower: '/containers/volumes/data/lower',
      tmp: '/containers/volumes/data/tmp',
      merged: '/containers/volumes/data/merged',
    });
  });

  const source = '/containers/volumes/data/merged';

  it('are found by name in binds', () => {
    assert.deepEqual(mountAt('/d', { binds: ['data:/d'] }), {
      destination: '/d',
      type: 'bind',
      source,
      options: ['rw', 'rbind', 'rshared'],
    });
  });

  it('are found by name in binds.add', () => {
    assert.deepEqual(mountAt('/d', { bindsAdd: ['data:/d:ro'] }), {
      destination: '/d',
      type: 'bind',
      source,
      options: ['ro', 'rbind'],
    });
  });

  it('are found by name in mounts, where LinuxKit loses the result', () => {
    const mount = { destination: '/d', type: 'bind', source: 'data', options: ['rbind'] };
    assert.deepEqual(mountAt('/d', { mounts: [mount] }), { ...mount, source });
  });

  it('need no type in mounts', () => {
    assert.deepEqual(mountAt('/d', { mounts: [{ destination: '/d', source: 'data' }] }), {
      destination: '/d',
      type: 'bind',
      source,
      options: ['rbind'],
    });
  });

  it('leave the sources of other mounts alone', () => {
    assert.deepEqual(mountAt('/d', { mounts: [{ destination: '/d', type: 'tmpfs', source: 'data' }] }), {
      destination: '/d',
      type: 'tmpfs',
      source: 'data',
      options: [],
    });
  });

  it('that are read-only can be mounted read-only', () => {
    assert.deepEqual(mountAt('/f', { binds: ['firm:/f:ro'] }), {
      destination: '/f',
      type: 'bind',
      source: '/containers/volumes/firm/merged',
      options: ['ro', 'rbind'],
    });
  });
});
