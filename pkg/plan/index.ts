export { withFile } from './files.ts';
export { diskRootModules, type RootFileSystem } from './modules.ts';
export * from './types.ts';
export { volumeArchitectures, VolumeError, type VolumeErrorCode } from './platforms.ts';
export { makePlan, PlanError, type PlanErrorCode, type PlanInput } from './plan.ts';
