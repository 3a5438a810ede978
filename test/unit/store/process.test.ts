import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { livenessOf, ownToken, pidOf } from '../../../pkg/store/process.ts';

describe('process tokens', () => {
  const [host = '', pid = '', start = ''] = ownToken().split('.');

  it('name this process', () => {
    assert.equal(livenessOf(ownToken()), 'alive');
    assert.equal(pidOf(ownToken()), process.pid);
  });

  it('tell a later process of the same pid from the one that is meant', () => {
    assert.equal(livenessOf(`${host}.${pid}.${Number(start) + 1}`), 'dead');
  });

  it('know when a process has ended', () => {
    const ended = spawnSync('true').pid;
    assert.equal(livenessOf(`${host}.${ended}.${start}`), 'dead');
  });

  it('do not judge processes of another machine', () => {
    assert.equal(livenessOf(`000000000000.${pid}.${start}`), 'foreign');
  });

  it('take what is no token for dead', () => {
    for (const token of ['', 'x', 'a.b.c', '..']) assert.equal(livenessOf(token), 'dead');
  });
});
