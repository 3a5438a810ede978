export { knownArch, parseArch } from './arch.ts';
export type { Backend, LaunchPlan, MachineEnd, RunningMachine } from './backend.ts';
export type { Terminal } from './console/index.ts';
export { type DiskRequest, parseDisks } from './disk.ts';
export { ensureDisk } from './disk-image.ts';
export {
  connectGuest,
  copyFromGuest,
  copyToGuest,
  type ConnectOptions,
  type GuestCommand,
  type GuestControl,
  type GuestResult,
} from './guest/index.ts';
export { MachineError, type MachineErrorCode } from './error.ts';
export { type ForegroundOptions, type ForegroundRun, runForeground } from './foreground.ts';
export type { RunEnd } from './outcome.ts';
export { attachConsole, type AttachOptions } from './attach.ts';
export { readExitCode } from './exit-code.ts';
export { followFile, type FollowOptions } from './follow.ts';
export {
  type DiskDriver,
  hyperkitBackend,
  type HyperkitFacts,
  type HyperkitNetwork,
  type HyperkitPlan,
  type HyperkitSettings,
  parseAddress,
  parseHyperkitNetwork,
  parseUuid,
  planHyperkit,
} from './hyperkit/index.ts';
export { findMachine, type KnownMachine, listMachines, requireAgents, requireRunning } from './registry.ts';
export { removeMachine } from './remove.ts';
export { runDetached, runPrepared } from './run.ts';
export { stopMachine, type StopOptions, type StopOutcome } from './stop.ts';
export { findFirmware } from './firmware.ts';
export { findImage, type ImageFiles, type ImageKind, type MemoryClaims } from './image-files.ts';
export { listImages } from './image-names.ts';
export { checkMemory, leastMemoryMiB } from './memory.ts';
export { checkPortsFree, parseNetwork, parsePort } from './network.ts';
export { type MachineRequest, prepareMachine, type PreparedMachine } from './prepare.ts';
export { identifyProcess, isRunning, type ProcessIdentity, whenEnded } from './process.ts';
export {
  type Accelerator,
  chooseAccelerator,
  gdbCommand,
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
export {
  parseVfkitNetwork,
  planVfkit,
  vfkitBackend,
  type VfkitFacts,
  type VfkitPlan,
  type VfkitSettings,
} from './vfkit/index.ts';
export { parseVsockPorts } from './vsock.ts';
