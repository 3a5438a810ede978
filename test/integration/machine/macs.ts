/** Macs, as `process` has them. */
export const intelMac = { platform: 'darwin', arch: 'x64' } as const;
export const appleMac = { platform: 'darwin', arch: 'arm64' } as const;
