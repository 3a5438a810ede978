import assert from 'node:assert/strict';
import { PackageURL } from 'packageurl-js';
import type { SpdxDocument } from '../../pkg/sbom/index.ts';

const digits = { SHA1: 40, SHA256: 64 } as const;

/** Holds a document against the rules of SPDX 2.3 that no type can state; clauses are named with each. */
export function checkSpdx(document: SpdxDocument): void {
  const { packages, files, relationships } = document;
  assert.match(document.documentNamespace, /^https:\/\/[^#\s]+$/, 'clause 6.5');
  assert.match(document.creationInfo.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'clause 6.9');
  for (const creator of document.creationInfo.creators) assert.match(creator, /^Tool: \S+-\S+$/, 'clause 6.8');

  const ids = [document.SPDXID, ...packages.map(({ SPDXID }) => SPDXID), ...files.map(({ SPDXID }) => SPDXID)];
  for (const id of ids) assert.match(id, /^SPDXRef-[A-Za-z0-9.-]+$/, 'clauses 6.3, 7.2 and 8.2');
  assert.equal(new Set(ids).size, ids.length, 'identifiers are unique');
  for (const { spdxElementId, relatedSpdxElement } of relationships) {
    assert.ok(ids.includes(spdxElementId) && ids.includes(relatedSpdxElement), 'clause 11.1');
  }
  const linked = new Set(relationships.map(({ relatedSpdxElement }) => relatedSpdxElement));
  for (const id of ids.slice(1)) assert.ok(linked.has(id), `${id} hangs in the air`);
  assert.equal(new Set(relationships.map((each) => JSON.stringify(each))).size, relationships.length);

  for (const { checksums = [] } of [...packages, ...files]) {
    for (const { algorithm, checksumValue } of checksums) {
      assert.match(checksumValue, new RegExp(`^[0-9a-f]{${digits[algorithm]}}$`), 'clauses 7.10 and 8.4');
    }
  }
  for (const { fileName, checksums } of files) {
    assert.match(fileName, /^\.\/[^/]/, 'clause 8.1');
    assert.ok(
      checksums.some(({ algorithm }) => algorithm === 'SHA1'),
      'clause 8.4',
    );
  }
  for (const { supplier = 'NOASSERTION', externalRefs = [] } of packages) {
    assert.match(supplier, /^(NOASSERTION|(Person|Organization): [^<>]+)$/, 'clause 7.5');
    for (const { referenceLocator } of externalRefs) PackageURL.fromString(referenceLocator);
  }
}
