export type { ByteSource, Expected, WrittenBlob } from './blobs.ts';
export type { DerivedFile, DerivedOptions } from './derived.ts';
export { defaultStoreDirectory, type StoreEnvironment } from './directory.ts';
export { StoreError, type StoreErrorCode } from './error.ts';
export type { DerivedKey } from './key.ts';
export { type LayoutIndex, refNameAnnotation } from './refs.ts';
export { Store, type StoreOptions } from './store.ts';
export { imageTree } from './tree.ts';
