import assert from 'node:assert/strict';
import { chooseFiles } from '../../../pkg/package/choose.ts';
import type { IndexedMember } from '../../../pkg/package/deb-index.ts';
import type { StoredDeb } from '../../../pkg/package/debs.ts';
import type { PackageError } from '../../../pkg/package/index.ts';
import { FileIndex } from '../../../pkg/package/file-index.ts';
import { withLibraries } from '../../../pkg/package/libraries.ts';

const at = { file: 'debian.yml', line: 3, column: 5 };
const x86 = { machine: 62, needed: [], runpath: [] };

function deb(name: string, depends: readonly string[] = []): StoredDeb {
  const sha256 = Buffer.from(name).toString('hex').padEnd(64, '0');
  const other = { version: '1', architecture: 'amd64', size: 1, filename: '', source: name };
  return { package: { name, sha256, depends, ...other }, file: `/${name}.deb` };
}

function file(path: string, more: Partial<IndexedMember> = {}): IndexedMember {
  return { path, type: 'file', mode: 0o644, uid: 0, gid: 0, size: 1, ...more };
}
const folder = (path: string): IndexedMember => file(path, { type: 'directory', mode: 0o755, size: 0 });
const link = (path: string, target: string): IndexedMember => file(path, { type: 'symlink', link: target, size: 0 });

const index = new FileIndex([
  {
    deb: deb('tools', ['libc6', 'libextra1']),
    members: [
      folder('usr'),
      folder('usr/share/tools'),
      file('usr/share/tools/a.txt'),
      file('usr/share/tools/sub/b.txt'),
      file('usr/sbin/tool', { elf: { ...x86, interpreter: '/lib64/ld.so', needed: ['libone.so.1'] } }),
      link('usr/bin/tool', '../sbin/tool'),
      link('usr/bin/gone', '/nowhere'),
      file('usr/bin/private', { elf: { ...x86, needed: ['libprivate.so'], runpath: ['$ORIGIN/../lib/private'] } }),
      file('usr/lib/private/libprivate.so', { elf: x86 }),
      file('usr/bin/lacking', { elf: { ...x86, needed: ['libextra.so.1'] } }),
      file('usr/bin/foreign', { elf: { ...x86, machine: 183, needed: ['libone.so.1'] } }),
    ],
  },
  {
    deb: deb('libc6'),
    members: [
      folder('usr'),
      file('bin/busybox'),
      file('lib/x86_64-linux-gnu/ld.so.2', { elf: x86 }),
      link('lib64/ld.so', '/lib/x86_64-linux-gnu/ld.so.2'),
      file('lib/x86_64-linux-gnu/libtwo.so.2', { elf: { ...x86, needed: ['ld.so.2'] } }),
      file('usr/lib/x86_64-linux-gnu/libone.so.1.5', { elf: { ...x86, needed: ['libtwo.so.2'] } }),
      link('usr/lib/x86_64-linux-gnu/libone.so.1', 'libone.so.1.5'),
    ],
  },
]);

function chosen(from: string, to?: string): readonly string[] {
  return chooseFiles([to === undefined ? { from, at } : { from, to, at }], index).map(({ path }) => path);
}

describe('choosing files of packages', () => {
  it('finds a file on either side of /usr, and puts it where the recipe has it', () => {
    assert.deepEqual(chosen('/bin/busybox'), ['bin/busybox']);
    assert.deepEqual(chosen('/usr/bin/busybox'), ['usr/bin/busybox']);
    assert.deepEqual(chosen('/sbin/tool'), ['sbin/tool']);
  });

  it('puts files elsewhere', () => {
    assert.deepEqual(chosen('/bin/busybox', '/opt/bb'), ['opt/bb']);
    assert.deepEqual(chosen('/usr/share/tools/*.txt', '/doc'), ['doc/a.txt']);
    assert.deepEqual(chosen('/usr/share/tools', '/x').slice(1), ['x/a.txt', 'x/sub/b.txt']);
  });

  it('takes folders with all that is in them, and globs within or across folders', () => {
    assert.deepEqual(chosen('/usr/share/tools/'), [
      'usr/share/tools',
      'usr/share/tools/a.txt',
      'usr/share/tools/sub/b.txt',
    ]);
    assert.deepEqual(chosen('/usr/share/tools/*'), ['usr/share/tools/a.txt']);
    assert.deepEqual(chosen('/usr/share/**/*.txt'), ['usr/share/tools/a.txt', 'usr/share/tools/sub/b.txt']);
    assert.deepEqual(chosen('/sbin/t?ol'), ['sbin/tool']);
  });

  it('takes what a link leads to along, if a package has it', () => {
    assert.deepEqual(chosen('/usr/bin/tool'), ['usr/bin/tool', 'usr/sbin/tool']);
    assert.deepEqual(chosen('/usr/bin/gone'), ['usr/bin/gone']);
  });

  it('says which packages do not have a file, and where they have one of that name', () => {
    assert.throws(
      () => chosen('/opt/tool'),
      (error: PackageError) => {
        assert.equal(error.code, 'missing-file');
        assert.deepEqual(error.at, at);
        assert.match(error.message, /\(tools, libc6\) has \/opt\/tool/);
        assert.match(error.hint ?? '', /\/usr\/sbin\/tool/);
        return true;
      },
    );
  });
});

describe('libraries of programs', () => {
  const closure = (path: string): readonly string[] =>
    withLibraries(chooseFiles([{ from: path, at }], index), index).map((each) => each.path);

  it('come along with the loader, with links, and with what they need in turn', () => {
    assert.deepEqual(closure('/usr/sbin/tool'), [
      'usr/sbin/tool',
      'lib64/ld.so',
      'lib/x86_64-linux-gnu/ld.so.2',
      'usr/lib/x86_64-linux-gnu/libone.so.1',
      'usr/lib/x86_64-linux-gnu/libone.so.1.5',
      'lib/x86_64-linux-gnu/libtwo.so.2',
    ]);
  });

  it('are searched where the program says', () => {
    assert.deepEqual(closure('/usr/bin/private'), ['usr/bin/private', 'usr/lib/private/libprivate.so']);
  });

  it('are not taken from another machine', () => {
    assert.throws(() => closure('/usr/bin/foreign'), { code: 'missing-library' });
  });

  it('are missed with the name of the program, and a hint at the package', () => {
    assert.throws(
      () => closure('/usr/bin/lacking'),
      (error: PackageError) => {
        assert.equal(error.code, 'missing-library');
        assert.match(error.message, /\/usr\/bin\/lacking needs libextra\.so\.1/);
        assert.match(error.hint ?? '', /tools depends on libextra1/);
        return true;
      },
    );
  });
});

describe('FileIndex', () => {
  it('gives up on links that lead in a circle', () => {
    const circular = new FileIndex([{ deb: deb('x'), members: [link('a', 'b'), link('b', 'a')] }]);
    assert.equal(circular.follow('/a'), undefined);
  });

  it('follows links in the middle of a path', () => {
    const members = [link('lib64', 'usr/lib64'), link('usr/lib64', 'real'), file('usr/real/x')];
    const found = new FileIndex([{ deb: deb('x'), members }]).follow('/lib64/x');
    assert.equal(found?.at(-1)?.member.path, 'usr/real/x');
  });
});
