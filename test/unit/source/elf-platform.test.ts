import assert from 'node:assert/strict';
import { formatPlatform } from '../../../pkg/image/index.ts';
import { elfPlatform } from '../../../pkg/source/index.ts';
import { elfProgram } from './elf-program.ts';

describe('the platform of a program', () => {
  const cases: readonly (readonly [bytes: Buffer, platform: string | undefined])[] = [
    [elfProgram(64, 62), 'linux/amd64'],
    [elfProgram(32, 3), 'linux/386'],
    [elfProgram(64, 183), 'linux/arm64'],
    [elfProgram(64, 243), 'linux/riscv64'],
    [elfProgram(32, 243), undefined],
    [elfProgram(64, 8), undefined],
    [elfProgram(32, 62), undefined],
    [elfProgram(32, 183), undefined],
    [elfProgram(64, 62).fill(2, 5, 6), undefined],
    [elfProgram(32, 40), 'linux/arm/v5'],
    [elfProgram(32, 40, { flags: 0x5000400 }), 'linux/arm/v7'],
    [elfProgram(32, 40, { cpu: 4 }), 'linux/arm/v5'],
    [elfProgram(32, 40, { cpu: 6, flags: 0x5000400 }), 'linux/arm/v6'],
    [elfProgram(32, 40, { cpu: 10 }), 'linux/arm/v7'],
    [elfProgram(32, 40, { cpu: 14 }), 'linux/arm/v8'],
    [Buffer.from('#!/bin/sh\n'), undefined],
    [Buffer.alloc(100), undefined],
  ];
  for (const [index, [bytes, platform]] of cases.entries()) {
    it(`${index + 1}: ${String(platform)}`, () => {
      const found = elfPlatform(bytes);
      assert.equal(found && formatPlatform(found), platform);
    });
  }
});
