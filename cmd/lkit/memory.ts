import v8 from 'node:v8';

/**
 * Has V8 collect garbage early instead of letting the heap grow to several times what is in use, that of young objects
 * to 32 MB (64 from Node.js 24 on). For work on whole images: reading one of 61,000 files peaks at 94 MiB instead of
 * 136, and takes a tenth longer. Not for the rest of a command, which is over before there is garbage.
 */
export function saveMemory(): void {
  v8.setFlagsFromString('--optimize-for-size');
  v8.setFlagsFromString('--semi-space-growth-factor=1');
}
