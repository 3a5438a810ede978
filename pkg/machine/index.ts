export { knownArch, parseArch } from './arch.ts';
export type { Backend, LaunchPlan, MachineEnd, RunningMachine } from './backend.ts';
export type { Terminal } from './console/index.ts';
export { findFirmware } from './boot-medium.ts';
export { type DiskRequest, parseDisks } from './disk.ts';
export { ensureDisk } from './disk-image.ts';
export { MachineError, type MachineErrorCode } from './error.ts';
export { type ForegroundOptions, type ForegroundRun, type RunEnd, runForeground } from './foreground.ts';
export { runPrepared } from './run.ts';
export { findImage, type ImageFiles, listImages, type MemoryClaims } from './image-files.ts';
export { checkMemory, leastMemoryMiB } from './memory.ts';
export { checkPortsFree, parseNetwork } from './network.ts';
export { type MachineRequest, prepareMachine, type PreparedMachine } from './prepare.ts';
export { identifyProcess, isRunning, type ProcessIdentity } from './process.ts';
export {
  type Accelerator,
  chooseAccelerator,
  parseAccelerator,
  planQemu,
  qemuBackend,
  type QemuFacts,
  type QemuSettings,
} from './qemu/index.ts';
export { quoteCommand, splitWords } from './quote.ts';
export { parseCpus, parseSize, parseTime } from './size.ts';
export { type MachineState, newIdentity, readState, type RunningState, writeState } from './state.ts';
export type * from './types.ts';
