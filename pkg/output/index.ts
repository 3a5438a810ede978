export { OutputError, type OutputErrorCode, writeTogether } from './aside.ts';
export { compareFiles, type Difference } from './compare.ts';
export { type Format, formats, type InitrdCompression } from './formats.ts';
export { initrdOf } from './initrd-of.ts';
export { type OutputOptions, writeKernelInitrd } from './kernel-initrd.ts';
export { type Part, partBytes, writeParts } from './parts.ts';
export { hostSource } from './planned.ts';
export { type SystemPart, systemParts } from './system-parts.ts';
