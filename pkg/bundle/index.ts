export { makeBundle } from './bundle.ts';
export { BundleError, type BundleErrorCode } from './error.ts';
export { allocateIds, resolveId } from './ids.ts';
export { effectiveKeys, type EffectiveKeys } from './keys.ts';
export { volumePaths } from './volumes.ts';
export * from './types.ts';
