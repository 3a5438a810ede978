import assert from 'node:assert/strict';
import { PackageURL } from 'packageurl-js';
import { parseReference } from '../../../pkg/image/index.ts';
import { printSpdx, spdxDocument, type SpdxDocument, type SystemContents } from '../../../pkg/sbom/index.ts';
import { checkSpdx } from '../../support/spdx.ts';

const digest = (digit: string): `sha256:${string}` => `sha256:${digit.repeat(64)}`;

const busybox = {
  manager: 'dpkg',
  name: 'busybox-static',
  version: '1:1.35.0-4+b3~x',
  architecture: 'amd64',
  source: 'busybox 1:1.35.0-4',
  maintainer: 'Debian Install System Team <debian-boot@lists.debian.org>',
  sha256: 'a'.repeat(64),
} as const;

const musl = {
  manager: 'apk',
  name: 'libstdc++',
  version: '13.2.1-r0',
  architecture: 'x86_64',
  source: 'gcc 13.2.1-r0',
  license: 'GPL-2.0-or-later AND public domain',
} as const;

const contents: SystemContents = {
  name: 'my system',
  architecture: 'amd64',
  tool: 'lkit-1.2.3',
  created: 1_700_000_000,
  images: [
    {
      names: ['alpine:3.20', 'localhost:5000/mirror/alpine:3'],
      references: [parseReference('alpine:3.20'), parseReference('localhost:5000/mirror/alpine:3')],
      digest: digest('2'),
      architecture: 'amd64',
      usedBy: ['services web'],
      contents: { distribution: { id: 'alpine', version: '3.20.1' }, packages: [musl] },
    },
    {
      names: ['pkg:init'],
      references: [],
      digest: digest('1'),
      architecture: 'amd64',
      usedBy: ['init'],
      contents: { distribution: { id: 'debian' }, packages: [busybox] },
    },
    {
      names: ['pkg:tools'],
      references: [],
      digest: digest('3'),
      architecture: 'amd64',
      usedBy: ['onboot tools'],
      contents: { distribution: { id: 'debian' }, packages: [busybox] },
    },
  ],
  files: [
    { path: 'stage0.cpio', sha1: 'b'.repeat(40), sha256: 'c'.repeat(64), madeFrom: [digest('1')] },
    { path: 'etc/motd', sha1: 'd'.repeat(40), sha256: 'e'.repeat(64), madeFrom: [] },
  ],
};

function related(document: SpdxDocument, type: string): readonly (readonly [string, string])[] {
  const nameOf = (id: string): string =>
    document.packages.find(({ SPDXID }) => SPDXID === id)?.name ??
    document.files.find(({ SPDXID }) => SPDXID === id)?.fileName ??
    id;
  return document.relationships
    .filter(({ relationshipType }) => relationshipType === type)
    .map(({ spdxElementId, relatedSpdxElement }) => [nameOf(spdxElementId), nameOf(relatedSpdxElement)]);
}

describe('a bill of materials', () => {
  const document = spdxDocument(contents);

  it('follows the rules of SPDX 2.3', () => {
    checkSpdx(document);
  });

  it('follows them whatever packages say of themselves, and whatever files are called', () => {
    const maintainer = 'One <one@example.org>, Two <two@example.org>';
    const odd = { ...busybox, name: 'odd', maintainer, homepage: 'see the README' };
    const [image, ...others] = contents.images;
    const [stage0] = contents.files;
    const document = spdxDocument({
      ...contents,
      images: [{ ...image!, contents: { packages: [odd] } }, ...others],
      files: [...contents.files, { ...stage0!, sha256: 'd'.repeat(64), madeFrom: [] }],
    });
    checkSpdx(document);
    const { supplier, homepage } = document.packages.find(({ supplier = '' }) => supplier.includes('Two'))!;
    assert.equal(supplier, 'Organization: One (one@example.org), Two (two@example.org)');
    assert.equal(homepage, undefined);
  });

  it('says what contains what, and what was made from what', () => {
    assert.deepEqual(related(document, 'DESCRIBES'), [['SPDXRef-DOCUMENT', 'my system']]);
    assert.deepEqual(related(document, 'CONTAINS'), [
      ['my system', 'pkg:init'],
      ['my system', 'alpine:3.20'],
      ['my system', 'pkg:tools'],
      ['pkg:init', 'busybox-static'],
      ['alpine:3.20', 'libstdc++'],
      ['pkg:tools', 'busybox-static'],
      ['my system', './etc/motd'],
      ['my system', './stage0.cpio'],
    ]);
    assert.deepEqual(related(document, 'GENERATED_FROM'), [['./stage0.cpio', 'pkg:init']]);
  });

  it('has one element for a package that several images contain', () => {
    assert.equal(document.packages.filter(({ name }) => name === 'busybox-static').length, 1);
  });

  it('gives package URLs that other programs read', () => {
    const urls = document.packages.flatMap(({ externalRefs = [] }) =>
      externalRefs.map(({ referenceLocator }) => PackageURL.fromString(referenceLocator)),
    );
    assert.deepEqual(
      urls.map(({ type, namespace, name, version, qualifiers }) => ({ type, namespace, name, version, ...qualifiers })),
      [
        {
          ...{ type: 'oci', namespace: undefined, name: 'alpine', version: digest('2') },
          ...{ arch: 'amd64', repository_url: 'docker.io/library/alpine', tag: '3.20' },
        },
        {
          ...{ type: 'oci', namespace: undefined, name: 'alpine', version: digest('2') },
          ...{ arch: 'amd64', repository_url: 'localhost:5000/mirror/alpine', tag: '3' },
        },
        { type: 'deb', namespace: 'debian', name: 'busybox-static', version: '1:1.35.0-4+b3~x', arch: 'amd64' },
        {
          ...{ type: 'apk', namespace: 'alpine', name: 'libstdc++', version: '13.2.1-r0', arch: 'x86_64' },
          distro: 'alpine-3.20.1',
        },
      ],
    );
  });

  it('is the same for the same contents, whatever their order, and of another name for others', () => {
    const { images, files } = contents;
    const turned = { ...contents, images: [...images].reverse(), files: [...files].reverse() };
    assert.equal(printSpdx(spdxDocument(turned)), printSpdx(document));
    const names = [
      document,
      spdxDocument({ ...contents, files: files.slice(1) }),
      spdxDocument({ ...contents, images: images.slice(1) }),
      spdxDocument({ ...contents, created: 1 }),
    ].map(({ documentNamespace }) => documentNamespace);
    assert.equal(new Set(names).size, 4);
    assert.match(names[0]!, /^https:\/\/spdx\.org\/spdxdocs\/my%20system-[0-9a-f]{64}$/);
  });
});
