export { build, resolvedYaml, type BuildOptions } from './build.ts';
export { shippedPackages } from '../source/index.ts';
export { importDockerSave } from './docker-save.ts';
export type { LockedSystem } from './locked.ts';
export { lockFileName, type LockTarget } from './record.ts';
export { repairImages } from './repair.ts';
export { type ImageOptions, sourceContext } from './resolve.ts';
export { buildPackages, type PackagesOptions } from './packages.ts';
export { getImages, type GotImage, pushStoredImage } from './transfer.ts';
