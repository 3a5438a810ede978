import assert from 'node:assert/strict';
import { addFormats, describeFormats } from '../../../cmd/lkit/formats.ts';
import { formatNames } from '../../../pkg/output/formats/catalog.ts';

describe('the formats that --format takes', () => {
  it('are described in a line each, with what they write and take', () => {
    const lines = describeFormats().trimEnd().split('\n').slice(1);
    assert.deepEqual(
      lines.map((line) => line.split(' ')[0]),
      formatNames,
    );
    const lineOf = (name: string): string => lines.find((line) => line.startsWith(`${name} `)) ?? '';
    assert.match(lineOf('raw-efi'), /^raw-efi +amd64 arm64 +NAME-efi\.img +mtools +disk/);
    assert.match(lineOf('vhd'), / mtools, syslinux \(amd64\), qemu-utils +disk/);
    assert.match(lineOf('tar'), / NAME\.tar +- +every file/);
  });

  it('are named with commas or one by one, each once', () => {
    assert.deepEqual(addFormats('tar, uki', addFormats('rpi', ['tar'])), ['tar', 'rpi3', 'uki']);
    assert.throws(() => addFormats('isoefi', []), /there is no format "isoefi" \(did you mean "iso-efi"\?\)/);
  });
});
