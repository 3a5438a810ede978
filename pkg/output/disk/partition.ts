export const sectorBytes = 512;
export const bytesPerMiB = 1 << 20;

/** Where a disk's first partition begins: what every partitioning tool of today aligns to. */
export const firstPartitionAt = bytesPerMiB;

export interface Partition {
  /** Bytes from the disk's beginning, whole sectors. */
  readonly offset: number;
  /** Whole sectors. */
  readonly bytes: number;
}

/** Bytes of a disk image that are to be at `offset`. */
export interface Patch {
  readonly offset: number;
  readonly bytes: Buffer;
}
