import assert from 'node:assert/strict';
import { type EscapeState, readKeys } from '../../../pkg/machine/console/index.ts';

/** Types pieces one after the other and gives what the guest and lkit got. */
function type(...pieces: readonly string[]): { guest: string; actions: readonly string[] } {
  let state: EscapeState = 'plain';
  let guest = '';
  const actions: string[] = [];
  for (const piece of pieces) {
    const step = readKeys(state, Buffer.from(piece, 'latin1'));
    state = step.state;
    guest += Buffer.from(step.forward).toString('latin1');
    actions.push(...step.actions);
  }
  return { guest, actions };
}

describe('machine: keys at the console', () => {
  it('passes everything else on, Ctrl-C and bytes above 127 too', () => {
    assert.deepEqual(type('ls\r\x03\x1b[A\xff\x00'), { guest: 'ls\r\x03\x1b[A\xff\x00', actions: [] });
  });

  for (const key of ['x', 'X']) {
    it(`leaves with Ctrl-A ${key}, wherever the pieces are cut`, () => {
      assert.deepEqual(type(`a\x01${key}`), { guest: 'a', actions: ['leave'] });
      assert.deepEqual(type('a\x01', key), { guest: 'a', actions: ['leave'] });
    });
  }

  it('sends one Ctrl-A for Ctrl-A A and for Ctrl-A Ctrl-A', () => {
    assert.deepEqual(type('\x01a\x01A\x01\x01x'), { guest: '\x01\x01\x01x', actions: [] });
  });

  it('helps with Ctrl-A H', () => {
    assert.deepEqual(type('\x01h\x01?'), { guest: '', actions: ['help', 'help'] });
  });

  it('drops Ctrl-A with a key that means nothing', () => {
    assert.deepEqual(type('1\x01q2'), { guest: '12', actions: [] });
  });
});
