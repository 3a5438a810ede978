export type { ByteSource, Expected, WrittenBlob } from './blobs.ts';
export { type BuildRecord, recordBuild, type RecordedBuild, recordedBuilds, type UsedImage } from './build-record.ts';
export type { DerivedFile, DerivedOptions } from './derived.ts';
export { compressedImage } from './compressed.ts';
export { defaultStoreDirectory, type StoreEnvironment } from './directory.ts';
export { damagedBlob, StoreError, type StoreErrorCode } from './error.ts';
export { describeManifest, findImages, type FoundImage } from './find.ts';
export { type DerivedFacts, type Inventory, type ManifestFacts, type StoredFile, takeInventory } from './inventory.ts';
export { readJsonObject } from './json-blob.ts';
export type { DerivedKey } from './key.ts';
export type { Removal } from './kept.ts';
export { imagesIn, indexesOf, knownImages, namesOf, partsOf } from './known.ts';
export { putLayer, type StoredLayer } from './layer.ts';
export { listStore, type ListedImage, type StoreListing } from './list.ts';
export {
  checkRef,
  emptyIndex,
  findRef,
  type LayoutIndex,
  readLayoutIndex,
  refNameAnnotation,
  withRef,
  writeLayoutIndex,
} from './refs.ts';
export { recordedPulls, recordPull } from './pull-record.ts';
export { clean, prune, type PruneOptions, removeImages, type RemoveOptions } from './remove.ts';
export { Store, type StoreOptions } from './store.ts';
export { imageFile, imageTree } from './tree.ts';
export {
  type Damage,
  type IncompleteImage,
  incompleteImages,
  removeDamaged,
  type VerifyOptions,
  type VerifyReport,
  verifyStore,
} from './verify.ts';
