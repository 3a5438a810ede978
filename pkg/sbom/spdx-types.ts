/** The parts of SPDX 2.3 that lkit writes (spdx-spec 2.3, clauses 6 to 8 and 11), as JSON has them. */
export interface SpdxDocument {
  readonly spdxVersion: 'SPDX-2.3';
  readonly dataLicense: 'CC0-1.0';
  readonly SPDXID: 'SPDXRef-DOCUMENT';
  readonly name: string;
  readonly documentNamespace: string;
  readonly creationInfo: { readonly created: string; readonly creators: readonly string[] };
  readonly packages: readonly SpdxPackage[];
  readonly files: readonly SpdxFile[];
  readonly relationships: readonly SpdxRelationship[];
}

export interface SpdxPackage {
  readonly SPDXID: string;
  readonly name: string;
  readonly versionInfo?: string;
  readonly primaryPackagePurpose?: 'OPERATING_SYSTEM' | 'CONTAINER';
  readonly supplier?: string;
  readonly downloadLocation: 'NOASSERTION';
  readonly filesAnalyzed: false;
  readonly homepage?: string;
  readonly sourceInfo?: string;
  readonly licenseComments?: string;
  readonly comment?: string;
  readonly checksums?: readonly SpdxChecksum[];
  readonly externalRefs?: readonly {
    readonly referenceCategory: 'PACKAGE-MANAGER';
    readonly referenceType: 'purl';
    readonly referenceLocator: string;
  }[];
}

export interface SpdxFile {
  readonly SPDXID: string;
  readonly fileName: string;
  readonly checksums: readonly SpdxChecksum[];
}

export interface SpdxChecksum {
  readonly algorithm: 'SHA1' | 'SHA256';
  readonly checksumValue: string;
}

export interface SpdxRelationship {
  readonly spdxElementId: string;
  readonly relationshipType: 'DESCRIBES' | 'CONTAINS' | 'GENERATED_FROM';
  readonly relatedSpdxElement: string;
}
