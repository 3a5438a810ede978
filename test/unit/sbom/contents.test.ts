import assert from 'node:assert/strict';
import { type ImageContents, isDatabase, readContents } from '../../../pkg/sbom/index.ts';

const read = (files: Readonly<Record<string, string>>): ImageContents => readContents(new Map(Object.entries(files)));

const status = `Package: libc6
Status: install ok installed
Priority: optional
Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
Architecture: amd64
Source: glibc
Version: 2.36-9+deb12u14
Description: GNU C Library: Shared libraries
 Version: 9.9 of this line is text
Homepage: https://www.gnu.org/software/libc/libc.html

Package: base-passwd
Status: install ok installed
Architecture: amd64
Version: 3.6.1

Package: removed
Status: deinstall ok config-files
Architecture: all
Version: 1

Package: libgcc-s1
Status: install ok triggers-pending
Architecture: amd64
Source: gcc-12 (12.2.0-14)
Version: 12.2.0-14+b1
`;

const installed = `C:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=
P:alpine-baselayout
V:3.6.5-r0
A:x86_64
S:8515
T:Alpine base dir structure and init scripts
U:https://git.alpinelinux.org/cgit/aports/tree/main/alpine-baselayout
L:GPL-2.0-only
o:alpine-baselayout
m:Natanael Copa <ncopa@alpinelinux.org>
F:dev
R:V:not-a-field
Z:Q1

P:musl
V:1.2.5-r0
A:x86_64
`;

describe('what is in an image', () => {
  it('is read from dpkg’s status: what is installed, with its source', () => {
    const { packages, distribution } = read({
      'var/lib/dpkg/status': status,
      'usr/lib/os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n',
    });
    assert.deepEqual(
      packages.map(({ name, version, source }) => [name, version, source]),
      [
        ['base-passwd', '3.6.1', 'base-passwd 3.6.1'],
        ['libc6', '2.36-9+deb12u14', 'glibc 2.36-9+deb12u14'],
        ['libgcc-s1', '12.2.0-14+b1', 'gcc-12 12.2.0-14'],
      ],
    );
    assert.equal(packages[1]?.homepage, 'https://www.gnu.org/software/libc/libc.html');
    assert.deepEqual(distribution, { id: 'debian', version: '12' });
  });

  it('is read from the records of images without a package manager, though not from their checksums', () => {
    const { packages } = read({
      'var/lib/dpkg/status.d/tzdata': 'Package: tzdata\nVersion: 2024a-0\nArchitecture: all\n',
      'var/lib/dpkg/status.d/base.md5sums': 'Package: no\nVersion: 1\nArchitecture: all\n',
    });
    assert.deepEqual(
      packages.map(({ name }) => name),
      ['tzdata'],
    );
  });

  it('is read from apk’s database', () => {
    const { packages, distribution } = read({
      'lib/apk/db/installed': installed,
      'etc/os-release': "ID='alpine'\nVERSION_ID=3.20.1\n",
    });
    assert.deepEqual(packages[0], {
      manager: 'apk',
      name: 'alpine-baselayout',
      version: '3.6.5-r0',
      architecture: 'x86_64',
      source: 'alpine-baselayout 3.6.5-r0',
      maintainer: 'Natanael Copa <ncopa@alpinelinux.org>',
      homepage: 'https://git.alpinelinux.org/cgit/aports/tree/main/alpine-baselayout',
      license: 'GPL-2.0-only',
    });
    assert.deepEqual([packages.length, distribution], [2, { id: 'alpine', version: '3.20.1' }]);
  });

  it('has the checksums of the packages that it was made of, whether or not a database lists them', () => {
    const known = [
      { name: 'tzdata', version: '1', architecture: 'all', sha256: 'a'.repeat(64) },
      { name: 'unlisted', version: '2', architecture: 'amd64', sha256: 'b'.repeat(64) },
    ];
    const files = new Map([
      ['var/lib/dpkg/status.d/tzdata', 'Package: tzdata\nVersion: 1\nArchitecture: all\n'],
      ['etc/os-release', 'ID=lkit\n'],
    ]);
    const { packages, distribution } = readContents(files, known);
    assert.deepEqual(
      packages.map(({ name, sha256 }) => [name, sha256?.[0]]),
      [
        ['tzdata', 'a'],
        ['unlisted', 'b'],
      ],
    );
    assert.deepEqual(distribution, { id: 'debian' });
  });

  it('is nothing where a database is empty, damaged or of another form', () => {
    for (const text of ['', '\n\n\n', 'Package: x\n', '\0\0', '{"Package": "x"}', ': :\n::\nPackage:\nVersion: 1\n']) {
      const files = { 'var/lib/dpkg/status': text, 'lib/apk/db/installed': text, 'etc/os-release': text };
      assert.deepEqual(read(files), { packages: [] }, text);
    }
  });

  it('is looked for in these files only', () => {
    const yes = ['var/lib/dpkg/status', 'var/lib/dpkg/status.d/a', 'lib/apk/db/installed', 'usr/lib/apk/db/installed'];
    for (const path of yes) assert.ok(isDatabase(path), path);
    for (const path of ['var/lib/dpkg/status-old', 'var/lib/dpkg/status.d/a/b', 'home/x/var/lib/dpkg/status'])
      assert.ok(!isDatabase(path), path);
  });
});
