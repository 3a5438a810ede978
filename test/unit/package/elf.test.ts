import assert from 'node:assert/strict';
import { hasNote, readElf } from '../../../pkg/package/elf.ts';
import { elfFile } from './elf-file.ts';

describe('readElf', () => {
  it('reads what a program needs', () => {
    const bytes = elfFile({
      machine: 62,
      interpreter: '/lib64/ld-linux-x86-64.so.2',
      needed: ['libseccomp.so.2', 'libc.so.6'],
      runpath: '$ORIGIN/../lib:/opt/lib',
    });
    assert.deepEqual(readElf(bytes), {
      machine: 62,
      interpreter: '/lib64/ld-linux-x86-64.so.2',
      needed: ['libseccomp.so.2', 'libc.so.6'],
      runpath: ['$ORIGIN/../lib', '/opt/lib'],
    });
  });

  it('reads a static program', () => {
    assert.deepEqual(readElf(elfFile({ machine: 183 })), { machine: 183, needed: [], runpath: [] });
  });

  it('takes nothing for an ELF file that is none, or not whole', () => {
    const bytes = elfFile({ machine: 62, needed: ['libc.so.6'] });
    const big = Buffer.from(bytes);
    big[5] = 2;
    for (const other of [Buffer.alloc(0), Buffer.from('#!/bin/sh\n'), big, bytes.subarray(0, 100)]) {
      assert.equal(readElf(other), undefined);
    }
  });
});

describe('hasNote', () => {
  const bytes = elfFile({
    machine: 62,
    notes: [
      ['GNU', 3],
      ['Xen', 6],
      ['Xen', 18],
    ],
  });

  it('finds a note by owner and type', () => {
    assert.equal(hasNote(bytes, 'Xen', 18), true);
    assert.equal(hasNote(bytes, 'Xen', 3), false);
    assert.equal(hasNote(bytes, 'GNU', 18), false);
    assert.equal(hasNote(Buffer.from('no'), 'Xen', 18), false);
  });
});
