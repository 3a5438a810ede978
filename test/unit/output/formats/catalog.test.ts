import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { factsOf, type Format, formatAliases, formatNames } from '../../../../pkg/output/formats/catalog.ts';
import { root } from '../../../support/lkit.ts';

/** Written by every format with a kernel of its own beside it, the same each time. */
const shared = ['-kernel', '-cmdline'];

const filesOf = (name: Format): readonly string[] => {
  const { files, initrd } = factsOf(name);
  return [...files, ...(initrd === undefined ? [] : [initrd])];
};

describe('the catalog of formats', () => {
  it('has no two formats that write the same file', () => {
    const all = formatNames.flatMap(filesOf).filter((suffix) => !shared.includes(suffix));
    assert.deepEqual([...new Set(all)], all);
  });

  it('has LinuxKit’s names of files', () => {
    const linuxKit = {
      'kernel+initrd': ['-kernel', '-initrd.img', '-cmdline'],
      'kernel+squashfs': ['-kernel', '-cmdline', '-squashfs.img'],
      tar: ['.tar'],
      docker: ['.docker'],
      'tar-kernel-initrd': ['-initrd.tar'],
      'iso-bios': ['.iso'],
      'iso-efi': ['-efi.iso'],
      'iso-efi-initrd': ['-efi-initrd.iso'],
      'raw-bios': ['-bios.img'],
      'raw-efi': ['-efi.img'],
      'qcow2-bios': ['.qcow2'],
      'qcow2-efi': ['-efi.qcow2'],
      vhd: ['.vhd'],
      vmdk: ['.vmdk'],
      aws: ['.raw'],
      gcp: ['.img.tar.gz'],
    } as const;
    for (const [name, files] of Object.entries(linuxKit)) {
      assert.deepEqual(factsOf(name as keyof typeof linuxKit).files, files, name);
    }
  });

  it('has no alias that is a format, and none for what is no format', () => {
    for (const [alias, name] of Object.entries(formatAliases)) {
      assert.ok(!formatNames.some((each) => each === alias), alias);
      assert.ok(formatNames.includes(name), name);
    }
  });

  it('is what docs/formats.md says', () => {
    const text = readFileSync(path.join(root, 'docs/formats.md'), 'utf8');
    const rows = formatNames.map((name) => {
      const { summary, files, initrd, on, streams, sized } = factsOf(name);
      const tools = [...new Set(Object.values(on).flatMap((needs) => needs.tools))];
      const beside = initrd === undefined ? '' : ` (and \`NAME${initrd}\`)`;
      const notes = [streams === true ? '`-o -`' : '', sized === true ? '`--size`' : ''].filter((note) => note !== '');
      const cells = [
        `\`${name}\``,
        summary,
        files.map((suffix) => `\`NAME${suffix}\``).join(', ') + beside,
        Object.keys(on).join(', '),
        tools.map((tool) => `\`${tool}\``).join(', '),
        notes.join(', '),
      ];
      return cells.join(' | ');
    });
    const found = [...text.matchAll(/^\| (`.*?) *\|$/gm)].map(([, row = '']) =>
      row
        .split('|')
        .map((cell) => cell.trim())
        .join(' | '),
    );
    assert.deepEqual(
      found.filter((row) => row.split(' | ').length === 6),
      rows,
    );
  });
});
