/** lkit as a library: the pipeline from YAML to files and running machines, and the modules that it is made of. */
export * from './build/index.ts';
export * from './errors/index.ts';
export * from './hardware/index.ts';
export {
  connectGuest,
  findMachine,
  listMachines,
  MachineError,
  planQemu,
  prepareMachine,
  qemuBackend,
  requireAgents,
  requireRunning,
  runDetached,
  runPrepared,
  stopMachine,
} from './machine/index.ts';
export { hostCredentials, parseMirror, proxiesFrom, RegistryClient, RegistryError } from './registry/index.ts';
export { createReporter, silentReporter, type Reporter } from './report/index.ts';
export * from './spec/index.ts';
export { clean, defaultStoreDirectory, findImages, listStore, prune, Store, verifyStore } from './store/index.ts';
export { dockerArchive, fileTreeTar, importOciArchive, ociArchive } from './exchange/index.ts';
export { type Lock, LockError, parseLock, printLock, readLock } from './lock/index.ts';
