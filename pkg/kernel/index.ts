export { extractKernel, extractKernelBinary, extractUcode, moduleTar, readModuleIndex } from './extract.ts';
export type { KernelFormat } from './format.ts';
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
