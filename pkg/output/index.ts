export { OutputError, type OutputErrorCode } from './aside.ts';
export { type Format, formats } from './formats.ts';
export { type OutputOptions, writeKernelInitrd } from './kernel-initrd.ts';
