export { OutputError, type OutputErrorCode } from './aside.ts';
export { type Format, factsOf, formatNames, type LoaderName } from './formats/catalog.ts';
export { missingTools, needsOf, requireFormats } from './formats/missing.ts';
export type { FormatOptions } from './formats/parts.ts';
export { writeFormats, type WriteOptions } from './formats/write.ts';
export type { OutputOptions } from './kernel-initrd.ts';
