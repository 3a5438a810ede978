/**
 * How the archives of a flat initrd are compressed. Every kernel can read gzip; zstd is smaller and faster, on the host
 * and at boot, for kernels with CONFIG_RD_ZSTD.
 */
export const initrdCompressions = ['gzip', 'zstd'] as const;

export type InitrdCompression = (typeof initrdCompressions)[number];
