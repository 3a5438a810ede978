export { extractKernel, extractKernelBinary, extractUcode } from './extract.ts';
export type { KernelFormat } from './format.ts';
export { labelledModules, moduleTar, readModuleIndex, smallTarFiles, smallTarOf, stage0Modules } from './module-tar.ts';
export {
  KernelError,
  missingModules,
  moduleClosure,
  moduleNameOf,
  parseModuleIndex,
  type KernelErrorCode,
  type ModuleIndex,
  type WantedModule,
} from './modules.ts';
export { keptModulesTar, readModulesTar } from './tree.ts';
