import { createHash } from 'node:crypto';
import { imagePurl, packagePurl } from './purl.ts';
import type { SpdxDocument, SpdxFile, SpdxPackage, SpdxRelationship } from './spdx-types.ts';
import type { Distribution, InstalledPackage, MadeFile, SystemContents, SystemImage } from './types.ts';

const documentId = 'SPDXRef-DOCUMENT';
const systemId = 'SPDXRef-System';

/**
 * The bill of materials of a system (SPDX 2.3): the document describes the system, which contains the images and the
 * files that lkit made, and each image contains its packages. The same contents make the same document.
 */
export function spdxDocument(contents: SystemContents): SpdxDocument {
  const { name, tool, created } = contents;
  const images = [...contents.images].sort((a, b) => (a.digest < b.digest ? -1 : 1));
  const files = [...contents.files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const packages = new Map<string, SpdxPackage>();
  const contained: SpdxRelationship[] = [];
  for (const image of images) {
    for (const installed of image.contents.packages) {
      const element = packageElement(installed, image.contents.distribution);
      packages.set(element.SPDXID, element);
      contained.push(relationship(imageId(image), 'CONTAINS', element.SPDXID));
    }
  }
  const head = { spdxVersion: 'SPDX-2.3', dataLicense: 'CC0-1.0', SPDXID: documentId, name } as const;
  const body = {
    creationInfo: {
      created: new Date(created * 1000).toISOString().replace('.000Z', 'Z'),
      creators: [`Tool: ${tool}`],
    },
    packages: [systemElement(contents), ...images.map(imageElement), ...packages.values()],
    files: files.map(fileElement),
    relationships: [
      relationship(documentId, 'DESCRIBES', systemId),
      ...images.map((image) => relationship(systemId, 'CONTAINS', imageId(image))),
      ...contained,
      ...files.flatMap((file) => [
        relationship(systemId, 'CONTAINS', fileId(file)),
        ...file.madeFrom.map((digest) => relationship(fileId(file), 'GENERATED_FROM', imageId({ digest }))),
      ]),
    ],
  };
  // The form that clause 6.5 names for those who have no address of their own, with a hash for its random number.
  const documentNamespace = `https://spdx.org/spdxdocs/${encodeURIComponent(name)}-${hash(JSON.stringify(body))}`;
  return { ...head, documentNamespace, ...body };
}

/** As it is written to a file. */
export function printSpdx(document: SpdxDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

const common = { downloadLocation: 'NOASSERTION', filesAnalyzed: false } as const;

function systemElement({ name, architecture }: SystemContents): SpdxPackage {
  return {
    SPDXID: systemId,
    name,
    primaryPackagePurpose: 'OPERATING_SYSTEM',
    ...common,
    comment: `a system for linux/${architecture}`,
  };
}

function imageElement(image: SystemImage): SpdxPackage {
  const { names, references, digest, architecture, usedBy } = image;
  // What an output format adds is part of no section.
  const users = usedBy.length === 0 ? [] : [`used by ${usedBy.join(', ')}`];
  return {
    SPDXID: imageId(image),
    name: names[0] ?? digest,
    versionInfo: digest,
    primaryPackagePurpose: 'CONTAINER',
    ...common,
    comment: [`linux/${architecture}`, ...users, ...names.slice(1)].join('; '),
    checksums: [{ algorithm: 'SHA256', checksumValue: digest.slice('sha256:'.length) }],
    ...refs(references.map((reference) => imagePurl(digest, architecture, reference))),
  };
}

function packageElement(installed: InstalledPackage, distribution: Distribution | undefined): SpdxPackage {
  const { name, version, source, maintainer, homepage, license, sha256 } = installed;
  const locator = packagePurl(installed, distribution);
  return {
    SPDXID: `SPDXRef-Package-${word(name)}-${hash(JSON.stringify([locator, sha256]), 12)}`,
    name,
    versionInfo: version,
    ...(maintainer !== undefined && { supplier: `Organization: ${supplierName(maintainer)}` }),
    ...common,
    // What packages say need not be an address.
    ...(homepage !== undefined && URL.canParse(homepage) && !/\s/.test(homepage) && { homepage }),
    sourceInfo: `built from source package ${source}`,
    // Not all of what packages say is an expression that SPDX knows.
    ...(license !== undefined && { licenseComments: `The package says: ${license}` }),
    ...(sha256 !== undefined && { checksums: [{ algorithm: 'SHA256', checksumValue: sha256 }] }),
    ...refs([locator]),
  };
}

function fileElement(file: MadeFile): SpdxFile {
  return {
    SPDXID: fileId(file),
    fileName: `./${file.path}`,
    // SHA1 is the one that is mandatory (clause 8.4).
    checksums: [
      { algorithm: 'SHA1', checksumValue: file.sha1 },
      { algorithm: 'SHA256', checksumValue: file.sha256 },
    ],
  };
}

function refs(locators: readonly string[]): Pick<SpdxPackage, 'externalRefs'> {
  if (locators.length === 0) return {};
  const kind = { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl' } as const;
  return { externalRefs: [...new Set(locators)].sort().map((referenceLocator) => ({ ...kind, referenceLocator })) };
}

function imageId({ digest }: Pick<SystemImage, 'digest'>): string {
  return `SPDXRef-Image-${digest.slice('sha256:'.length, 'sha256:'.length + 16)}`;
}

/** A file beside the output may have the name of one in the guest. */
function fileId({ path, sha256 }: MadeFile): string {
  return `SPDXRef-File-${hash(JSON.stringify([path, sha256]), 16)}`;
}

/** Clause 7.5: addresses in parentheses. There may be several. */
function supplierName(maintainer: string): string {
  return maintainer.replaceAll('<', '(').replaceAll('>', ')');
}

/** Identifiers are made of letters, digits, `.` and `-` (clause 7.2). */
function word(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9.]+/g, '-');
}

function hash(text: string, digits = 64): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}

function relationship(
  spdxElementId: string,
  relationshipType: SpdxRelationship['relationshipType'],
  relatedSpdxElement: string,
): SpdxRelationship {
  return { spdxElementId, relationshipType, relatedSpdxElement };
}
