import assert from 'node:assert/strict';
import { mirrorSources, osRelease } from '../../../pkg/package/apt/host.ts';
import {
  type AptSource,
  formatSources,
  ofRelease,
  parseDeb822Sources,
  parseOneLineSources,
} from '../../../pkg/package/apt/sources.ts';

const deb822 = `Types: deb deb-src
# a note
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.test/other
Suites: bookworm
Components: main
Enabled: no

Types: deb-src
URIs: http://mirror.test/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://mirror.test/debian-security
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----
`;

describe("the host's apt sources", () => {
  it('are read in deb822 format: enabled entries of binary packages', () => {
    const sources = parseDeb822Sources(deb822);
    assert.equal(sources.length, 2);
    assert.deepEqual(sources[0]?.suites, ['bookworm', 'bookworm-updates', 'bookworm-backports']);
    assert.deepEqual(sources[0].options, { 'signed-by': '/usr/share/keyrings/debian-archive-keyring.gpg' });
  });

  it('keep a key that is written into the entry', () => {
    const [, security] = parseDeb822Sources(deb822);
    const written = formatSources(security ? [security] : [], '/default.gpg');
    assert.match(written, /signed-by: \n -----BEGIN PGP.*\n \.\n abc\n -----END PGP/);
    assert.deepEqual(parseDeb822Sources(written), [security]);
  });

  it('are read in one-line format', () => {
    const sources = parseOneLineSources(`
# deb http://off.test/debian bookworm main
deb [ arch=amd64 signed-by=/k.gpg ] http://mirror.test/debian bookworm main non-free # note
deb-src http://mirror.test/debian bookworm main
deb http://flat.test/ ./
`);
    assert.deepEqual(sources, [
      {
        uris: ['http://mirror.test/debian'],
        suites: ['bookworm'],
        components: ['main', 'non-free'],
        options: { 'signed-by': '/k.gpg' },
      },
      { uris: ['http://flat.test/'], suites: ['./'], components: [], options: {} },
    ]);
  });

  it('count as far as they belong to the release: neither backports nor what others publish', () => {
    const source = (uri: string, suites: string[], components: string[]): AptSource => {
      return { uris: [uri], suites, components, options: {} };
    };
    const kept = ofRelease(
      [
        source(
          'http://mirror.test/debian',
          ['bookworm', 'bookworm-backports', 'bookworm-updates'],
          ['main', 'contrib'],
        ),
        source('http://engine.test/linux', ['bookworm'], ['stable']),
        source('http://db.test/apt', ['bookworm-db'], ['main']),
        source('http://mirror.test/debian', ['stable-security'], ['main']),
        source('http://mirror.test/debian', ['trixie'], ['main']),
        source('cdrom:[Debian]/', ['bookworm'], ['main']),
      ],
      'bookworm',
    );
    assert.deepEqual(
      kept.map(({ suites, components }) => [suites, components]),
      [
        [['bookworm', 'bookworm-updates'], ['main']],
        [['stable-security'], ['main']],
      ],
    );
  });

  it('are written with the default key where they name none, and other checks as they are', () => {
    const options = { 'check-valid-until': 'no' };
    const source = { uris: ['http://m.test/debian'], suites: ['bookworm'], components: ['main'], options };
    assert.equal(
      formatSources([source], '/k.gpg'),
      `Types: deb
URIs: http://m.test/debian
Suites: bookworm
Components: main
check-valid-until: no
signed-by: /k.gpg
`,
    );
  });

  it('of a mirror have its security fixes beside it', () => {
    const uris = (mirror: string): readonly string[] => mirrorSources(mirror, 'bookworm').flatMap((each) => each.uris);
    assert.deepEqual(uris('http://m.test/debian/'), ['http://m.test/debian', 'http://m.test/debian-security']);
    assert.deepEqual(uris('http://m.test/pool'), ['http://m.test/pool']);
  });
});

describe('osRelease', () => {
  it('reads plain and quoted values', () => {
    const text = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_CODENAME=\'bookworm\'\n# x\n';
    const { ID, VERSION_CODENAME } = osRelease(text);
    assert.deepEqual([ID, VERSION_CODENAME], ['debian', 'bookworm']);
  });
});
