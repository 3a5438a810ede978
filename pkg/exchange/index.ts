export { dockerArchive } from './docker-archive.ts';
export { ExchangeError, type ExchangeErrorCode } from './error.ts';
export { fileTreeTar } from './file-tree.ts';
export { importOciArchive, type Imported, type ImportedImage, type ImportOptions } from './import.ts';
export type { ExportedImage } from './exported.ts';
export { ociArchive } from './oci-archive.ts';
export { type LayoutOptions, writeOciLayout } from './oci-layout.ts';
