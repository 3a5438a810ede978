import type { Digest } from '../../image/index.ts';
import { sha256 } from '../../image/index.ts';

/**
 * Identifiers that disks carry so that systems tell them apart: the same for the same content, different for different
 * content. `content` is the digest of what the disk holds, `purpose` tells the identifiers of one disk apart.
 */
export class DiskIdentity {
  readonly #content: Digest;

  constructor(content: Digest) {
    this.#content = content;
  }

  #hash(purpose: string): Buffer {
    return Buffer.from(sha256(Buffer.from(`${this.#content} ${purpose}`)).slice('sha256:'.length), 'hex');
  }

  /** 32 bits, as FAT volumes and MBR disks have them. */
  serial(purpose: string): number {
    return this.#hash(purpose).readUInt32BE(0);
  }

  /** A UUID of version 8, "custom" (RFC 9562, 5.8), as text. */
  uuid(purpose: string): string {
    const bytes = this.#hash(purpose).subarray(0, 16);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = bytes.toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }

  /** A moment in the years 1990 to 2020: what ISO 9660 volumes are told apart by is the time they were made at. */
  moment(purpose: string): Date {
    const seconds = this.#hash(purpose).readUInt32BE(0) % (30 * 365 * 24 * 3600);
    return new Date(Date.UTC(1990, 0, 1) + seconds * 1000);
  }
}
