import assert from 'node:assert/strict';
import { hasNote, readElf } from '../../../pkg/package/elf.ts';
import { inMemory } from '../../../pkg/package/file-bytes.ts';
import { elfFile } from './elf-file.ts';

describe('readElf', () => {
  it('reads what a program needs', async () => {
    const bytes = elfFile({
      machine: 62,
      interpreter: '/lib64/ld-linux-x86-64.so.2',
      needed: ['libseccomp.so.2', 'libc.so.6'],
      runpath: '$ORIGIN/../lib:/opt/lib',
    });
    assert.deepEqual(await readElf(inMemory(bytes)), {
      machine: 62,
      interpreter: '/lib64/ld-linux-x86-64.so.2',
      needed: ['libseccomp.so.2', 'libc.so.6'],
      runpath: ['$ORIGIN/../lib', '/opt/lib'],
    });
  });

  it('reads a static program', async () => {
    assert.deepEqual(await readElf(inMemory(elfFile({ machine: 183 }))), { machine: 183, needed: [], runpath: [] });
  });

  it('takes nothing for an ELF file that is none, or not whole', async () => {
    const bytes = elfFile({ machine: 62, needed: ['libc.so.6'] });
    const big = Buffer.from(bytes);
    big[5] = 2;
    for (const other of [Buffer.alloc(0), Buffer.from('#!/bin/sh\n'), big, bytes.subarray(0, 100)]) {
      assert.equal(await readElf(inMemory(other)), undefined);
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

  it('finds a note by owner and type', async () => {
    assert.equal(await hasNote(inMemory(bytes), 'Xen', 18), true);
    assert.equal(await hasNote(inMemory(bytes), 'Xen', 3), false);
    assert.equal(await hasNote(inMemory(bytes), 'GNU', 18), false);
    assert.equal(await hasNote(inMemory(Buffer.from('no')), 'Xen', 18), false);
  });
});
