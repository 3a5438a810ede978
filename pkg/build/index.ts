export { build, resolvedYaml, type BuildOptions } from './build.ts';
export { shippedPackages } from '../source/index.ts';
export type { ImageOptions } from './resolve.ts';
export { buildPackages, type PackagesOptions } from './packages.ts';
