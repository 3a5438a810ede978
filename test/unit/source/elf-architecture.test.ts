import assert from 'node:assert/strict';
import { elfArchitecture } from '../../../pkg/source/elf-architecture.ts';

function header(machine: number, patch: (bytes: Buffer) => void = () => undefined): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.write('\x7fELF\x02\x01', 'latin1');
  bytes.writeUInt16LE(machine, 18);
  patch(bytes);
  return bytes;
}

describe('elfArchitecture', () => {
  it('knows the machines that lkit builds for', () => {
    assert.deepEqual(
      [62, 183, 243].map((machine) => elfArchitecture(header(machine))),
      ['amd64', 'arm64', 'riscv64'],
    );
  });

  it('knows nothing of others, of 32 bits, of another byte order, and of other files', () => {
    const others = [
      header(40),
      header(62, (bytes) => (bytes[4] = 1)),
      header(62, (bytes) => (bytes[5] = 2)),
      header(62, (bytes) => (bytes[0] = 0)),
      header(62).subarray(0, 19),
      Buffer.from('#!/bin/sh'),
    ];
    assert.deepEqual(
      others.map(elfArchitecture),
      others.map(() => undefined),
    );
  });
});
