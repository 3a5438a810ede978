import assert from 'node:assert/strict';
import { parseXattrs } from '../../../pkg/source/xattrs.ts';

describe('parseXattrs', () => {
  it('reads what getfattr prints, names and values being bytes', () => {
    const printed = [
      '# file: bin/ping',
      'security.capability=0x0100000200200000',
      'security.selinux=0x00',
      'user.overlay.opaque=0x79',
      '',
      '# file: a\\012b\\134\xe9',
      'user.empty=0x',
      'user.x=0x0aff',
      '',
      '# file: .',
      'user.root=0x01',
      '',
      '',
    ].join('\n');
    const found = [...parseXattrs(printed)].map(([path, values]) => [path, Object.fromEntries(values)]);
    assert.deepEqual(found, [
      ['bin/ping', { 'security.capability': Buffer.from('0100000200200000', 'hex') }],
      ['a\nb\\\xe9', { 'user.empty': Buffer.alloc(0), 'user.x': Buffer.from([0x0a, 0xff]) }],
      ['', { 'user.root': Buffer.from([1]) }],
    ]);
  });

  it('finds nothing in nothing', () => {
    assert.equal(parseXattrs('').size, 0);
  });
});
