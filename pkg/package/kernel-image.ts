import { type Compression, detectCompression } from '../archive/index.ts';
import { PackageError } from './error.ts';

/** The compressed kernel inside a bzImage. */
export interface KernelPayload {
  readonly compression: Compression;
  readonly bytes: Buffer;
}

/**
 * The ELF file inside an x86 bzImage, still compressed, or `undefined` where the image is no bzImage (as on arm64) or
 * its compression is a rare one. Fields: https://docs.kernel.org/arch/x86/boot.html#the-real-mode-kernel-header
 *
 * @throws {PackageError} `bad-kernel` for a header that points outside of the file
 */
export function findPayload(image: Buffer): KernelPayload | undefined {
  const isBzImage = image.length > 0x260 && image.toString('latin1', 0x202, 0x206) === 'HdrS';
  if (!isBzImage || image.readUInt16LE(0x206) < 0x208) return undefined;
  // 0 means 4, for the sake of very old boot loaders.
  const setupSectors = image[0x1f1] || 4;
  const start = (setupSectors + 1) * 512 + image.readUInt32LE(0x248);
  const end = start + image.readUInt32LE(0x24c);
  if (end > image.length) throw new PackageError('bad-kernel', 'the kernel image is cut short');
  const compression = detectCompression(image.subarray(start, start + 6));
  if (compression === 'none') return undefined;
  // All but gzip, which has it anyway, are followed by the uncompressed size in four bytes.
  return { compression, bytes: image.subarray(start, compression === 'gzip' ? end : end - 4) };
}
