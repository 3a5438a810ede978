import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { contentOf } from '../../../../pkg/archive/index.ts';
import { writeUki } from '../../../../pkg/output/disk/uki.ts';
import { withTempDir } from '../../../support/lkit.ts';

/** The headers of a program with no sections: PE32+, sections in memory at 4096, in the file at 512 bytes. */
function emptyProgram(headerBytes = 1024): Buffer {
  const stub = Buffer.alloc(headerBytes);
  stub.write('MZ');
  stub.writeUInt32LE(0x80, 0x3c);
  stub.write('PE\0\0', 0x80, 'latin1');
  stub.writeUInt32LE(0xdeadbeef, 0x80 + 8);
  stub.writeUInt16LE(240, 0x80 + 20);
  const optional = 0x80 + 24;
  stub.writeUInt32LE(4096, optional + 32);
  stub.writeUInt32LE(512, optional + 36);
  stub.writeUInt32LE(4096, optional + 56);
  stub.writeUInt32LE(headerBytes, optional + 60);
  stub.writeUInt32LE(0xdeadbeef, optional + 64);
  return stub;
}

describe('a unified kernel image', () => {
  it('has its parts as sections, one behind the other in memory and in the file, and no date', async () => {
    await withTempDir(async (folder) => {
      const file = path.join(folder, 'a.efi');
      await writeUki(file, emptyProgram(), [
        { name: '.cmdline', content: contentOf(Buffer.from('quiet')) },
        { name: '.linux', content: contentOf(Buffer.alloc(5000, 1)) },
      ]);
      const bytes = await readFile(file);
      assert.equal(bytes.readUInt16LE(0x80 + 6), 2);
      assert.equal(bytes.readUInt32LE(0x80 + 8), 0, 'the date');
      const optional = 0x80 + 24;
      assert.equal(bytes.readUInt32LE(optional + 64), 0, 'the checksum');
      assert.equal(bytes.readUInt32LE(optional + 56), 4096 * 4, 'the size in memory');
      const sections = [0, 1].map((index) => {
        const at = optional + 240 + index * 40;
        const name = bytes.toString('latin1', at, at + 8).replace(/\0+$/, '');
        return [name, ...[8, 12, 16, 20].map((field) => bytes.readUInt32LE(at + field))];
      });
      assert.deepEqual(sections, [
        ['.cmdline', 5, 4096, 512, 1024],
        ['.linux', 5000, 8192, 5120, 1536],
      ]);
      assert.equal(bytes.toString('latin1', 1024, 1029), 'quiet');
      assert.equal(bytes.length, 1536 + 5120);
    });
  });

  for (const [what, stub] of [
    ['no program', Buffer.from('#!/bin/sh\n')],
    ['cut short', emptyProgram().subarray(0, 0x70)],
    ['a program without room for sections', emptyProgram(0x80 + 24 + 240 + 39)],
  ] as const) {
    it(`is not made of a stub that is ${what}`, async () => {
      await withTempDir(async (folder) => {
        const sections = [{ name: '.linux', content: contentOf(Buffer.from('x')) }];
        await assert.rejects(writeUki(path.join(folder, 'a.efi'), stub, sections), { code: 'bad-loader' });
      });
    });
  }
});
