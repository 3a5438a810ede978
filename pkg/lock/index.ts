export { differences } from './difference.ts';
export { LockError, type LockErrorCode } from './error.ts';
export { lockName } from './name.ts';
export { parseLock, readLock } from './read.ts';
export type { Lock, LockedImage } from './types.ts';
export { keyOf as lockKey, makeLock, type NamedImage, printLock, writeLock } from './write.ts';
