export { contentsVersion, isDatabase, readContents } from './contents.ts';
export { SbomError, type SbomErrorCode } from './error.ts';
export { printSpdx, spdxDocument } from './spdx.ts';
export type { SpdxDocument } from './spdx-types.ts';
export type { ImageContents, MadeFile, SystemContents, SystemImage } from './types.ts';
