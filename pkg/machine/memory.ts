import { MachineError } from './error.ts';
import type { MemoryClaims } from './image-files.ts';

const bytesPerMiB = 1024 * 1024;

/*
 * Measured with Debian's 6.1 kernel (62.9 MiB as ELF) and uncompressed initrds, by looking for the smallest -m at which
 * /init starts and finds every file whole (±4 MiB):
 *   initrd, MiB   2.9   9.9   41.9   101.9   201.9
 *   -m            87    98    186    367     676
 */
/** What Debian's kernel takes. A larger file says nothing more: an unstripped kernel's symbols are not loaded. */
const largestKernelMiB = 60;
/** How much a kernel grows when it unpacks itself: xz 8, gzip 4; the limit above keeps this from mattering much. */
const kernelExpansion = 8;
/** How much of an initrd that is compressed grows at the least, if it holds programs; gzip or zstd. */
const initrdExpansion = 2;
/** What the kernel takes before there is a process, beyond its own file: 9 MiB less without tracefs (docs/boot.md). */
const bootingMiB = 12;

/**
 * The memory, in MiB, below which the image cannot boot: the kernel copies the initrd's content into a tmpfs before it
 * gives the initrd's own memory back, and a tmpfs may hold half of what is left besides kernel and initrd.
 */
export function leastMemoryMiB(claims: MemoryClaims): number {
  const kernelFile = claims.kernelBytes / bytesPerMiB;
  const kernel = Math.min(largestKernelMiB, kernelFile * (claims.kernelIsCompressed ? kernelExpansion : 1));
  const packed = claims.initrdBytes / bytesPerMiB;
  const plain = claims.initrdPlainBytes / bytesPerMiB;
  const unpacked = plain + (packed - plain) * initrdExpansion;
  return Math.ceil(kernel + packed + Math.max(unpacked + bootingMiB, 2 * unpacked));
}

/** @throws {MachineError} `too-little-memory`, with both numbers */
export function checkMemory(name: string, memoryMiB: number, claims: MemoryClaims): void {
  const least = leastMemoryMiB(claims);
  if (memoryMiB >= least) return;
  const roomy = Math.ceil((least * 1.25) / 64) * 64;
  throw new MachineError(
    'too-little-memory',
    `${name} does not fit into ${memoryMiB} MiB of memory: to boot it needs at least ${least} MiB`,
    { kind: 'input', hint: `Give it more: -mem ${roomy}` },
  );
}
