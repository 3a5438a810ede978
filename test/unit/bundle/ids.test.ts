import assert from 'node:assert/strict';
import { allocateIds, resolveId } from '../../../pkg/bundle/index.ts';
import { service } from './support.ts';

describe('ids of containers', () => {
  const ids = allocateIds({
    onboot: [service({ name: 'sysctl' }), service({ name: 'dhcp' })],
    onshutdown: [service({ name: 'bye' })],
    services: [service({ name: 'web' })],
  });

  it('are allocated from 100: onboot, onshutdown, services', () => {
    assert.deepEqual(
      [...ids],
      [
        ['sysctl', 100],
        ['dhcp', 101],
        ['bye', 102],
        ['web', 103],
      ],
    );
  });

  it('are found by name; root and nothing are 0, a number is itself', () => {
    const found = ['web', 'root', '', 1000, 'nobody', -1, 1.5, 2 ** 32 - 1].map((owner) => resolveId(owner, ids));
    assert.deepEqual(found, [103, 0, 0, 1000, undefined, undefined, undefined, undefined]);
  });

  it('count a name in two sections twice, and keep the later', () => {
    const twice = allocateIds({ onboot: [service({ name: 'a' })], onshutdown: [], services: [service({ name: 'a' })] });
    assert.deepEqual([...twice], [['a', 101]]);
  });
});
