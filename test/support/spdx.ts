import assert from 'node:assert/strict';
import { Ajv } from 'ajv';
import { PackageURL } from 'packageurl-js';
import type { SpdxDocument } from '../../pkg/sbom/index.ts';

const digits = { SHA1: 40, SHA256: 64 } as const;

const text = { type: 'string', minLength: 1 } as const;
/** Text that is one line: a tag-value document could not hold others. */
const line = { ...text, pattern: '^[^\\n]*$' } as const;
const id = { type: 'string', pattern: '^SPDXRef-[A-Za-z0-9.-]+$' } as const;

/** An object with these fields and no others: those that are mandatory, and those that may be. */
function record(mandatory: Readonly<Record<string, object>>, optional: Readonly<Record<string, object>> = {}): object {
  const properties = { ...mandatory, ...optional };
  return { type: 'object', required: Object.keys(mandatory), additionalProperties: false, properties };
}

function list(items: object, minItems = 0): object {
  return { type: 'array', items, minItems, uniqueItems: true };
}

/** Clauses 7.10 and 8.4. */
const checksums = list(
  {
    oneOf: Object.entries({ SHA1: 40, SHA256: 64 }).map(([algorithm, digits]) =>
      record({ algorithm: { const: algorithm }, checksumValue: { type: 'string', pattern: `^[0-9a-f]{${digits}}$` } }),
    ),
  },
  1,
);

/** What SPDX 2.3 says of the fields that a document of lkit's may have, as clauses 6 to 8 and 11 and annex F have it. */
const documentRules = record({
  spdxVersion: { const: 'SPDX-2.3' },
  dataLicense: { const: 'CC0-1.0' },
  SPDXID: { const: 'SPDXRef-DOCUMENT' },
  name: line,
  documentNamespace: { type: 'string', pattern: '^[a-z][a-z0-9+.-]*:[^#\\s]+$' },
  creationInfo: record({
    created: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' },
    creators: list({ type: 'string', pattern: '^(Tool: \\S+-\\S+|(Person|Organization): .+)$' }, 1),
  }),
  packages: list(
    record(
      {
        SPDXID: id,
        name: line,
        // Clause 7.7: NONE, NOASSERTION, or where it is.
        downloadLocation: { type: 'string', pattern: '^(NONE|NOASSERTION|[a-z+]+:.+)$' },
      },
      {
        versionInfo: line,
        // Clause 7.5: no address in angle brackets.
        supplier: { type: 'string', pattern: '^(NOASSERTION|(Person|Organization): [^<>\\n]+)$' },
        filesAnalyzed: { const: false },
        checksums,
        homepage: { type: 'string', pattern: '^(NONE|NOASSERTION|[a-z][a-z0-9+.-]*:\\S+)$' },
        sourceInfo: text,
        licenseComments: text,
        comment: text,
        externalRefs: list(
          record({
            referenceCategory: { enum: ['SECURITY', 'PACKAGE-MANAGER', 'PERSISTENT-ID', 'OTHER'] },
            // Annex F, of PACKAGE-MANAGER.
            referenceType: { enum: ['maven-central', 'npm', 'nuget', 'bower', 'purl'] },
            referenceLocator: { type: 'string', pattern: '^\\S+$' },
          }),
        ),
        // Clause 7.24.
        primaryPackagePurpose: {
          enum: [
            ...['APPLICATION', 'FRAMEWORK', 'LIBRARY', 'CONTAINER', 'OPERATING_SYSTEM', 'DEVICE', 'FIRMWARE', 'SOURCE'],
            ...['ARCHIVE', 'FILE', 'INSTALL', 'OTHER'],
          ],
        },
      },
    ),
    1,
  ),
  files: list(record({ SPDXID: id, fileName: { type: 'string', pattern: '^\\./[^/]' }, checksums })),
  relationships: list(
    record({
      spdxElementId: id,
      relatedSpdxElement: id,
      // Of clause 11.1's, those that lkit uses, each in the direction that it has there.
      relationshipType: { enum: ['DESCRIBES', 'CONTAINS', 'GENERATED_FROM'] },
    }),
    1,
  ),
});

const ajv = new Ajv({ allErrors: true });
const isDocument = ajv.compile(documentRules);

/** Holds a document against the rules of SPDX 2.3, which no type states; clauses are named with each. */
export function checkSpdx(document: SpdxDocument): void {
  assert.ok(isDocument(document), ajv.errorsText(isDocument.errors));
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
