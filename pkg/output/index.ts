export { OutputError, type OutputErrorCode, writeTogether } from './aside.ts';
export { compareFiles, type Difference } from './compare.ts';
export { type Format, formats } from './formats.ts';
export { type OutputOptions, writeKernelInitrd } from './kernel-initrd.ts';
export { type SystemPart, systemParts } from './parts.ts';
export { hostSource } from './planned.ts';
