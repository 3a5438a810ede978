import assert from 'node:assert/strict';
import { parsePackageRecords } from '../../../pkg/package/apt/records.ts';

const sha256 = 'ab'.repeat(32);
const stanza = `Package: runc
Source: runc-source (1.0)
Version: 1.1.5+ds1-1+deb12u1
Architecture: amd64
Depends: libc6 (>= 2.34), libseccomp2 (>= 2.5.0) | libseccomp3,
Description: Open Container Project
 Package: not this one
Filename: pool/main/r/runc/runc.deb
Size: 2709960
SHA256: ${sha256}
`;

describe('parsePackageRecords', () => {
  it('reads what identifies a package', () => {
    assert.deepEqual(parsePackageRecords(`${stanza}\n`), [
      {
        name: 'runc',
        version: '1.1.5+ds1-1+deb12u1',
        architecture: 'amd64',
        sha256,
        size: 2709960,
        filename: 'pool/main/r/runc/runc.deb',
        source: 'runc-source',
        depends: ['libc6', 'libseccomp2'],
      },
    ]);
  });

  it('reads several, and a source of the same name', () => {
    const second = stanza.replace('Package: runc', 'Package: crun').replace(/^Source.*\n/m, '');
    const sources = parsePackageRecords(`${stanza}\n${second}`).map(({ name, source }) => [name, source]);
    assert.deepEqual(sources, [
      ['runc', 'runc-source'],
      ['crun', 'crun'],
    ]);
    assert.deepEqual(parsePackageRecords(''), []);
  });

  it('refuses a record without a checksum', () => {
    assert.throws(() => parsePackageRecords('Package: x\nVersion: 1\n'), { code: 'bad-deb' });
  });
});
