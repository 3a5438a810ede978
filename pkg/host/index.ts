export {
  findTool,
  HostError,
  installHint,
  isExecutable,
  packageManager,
  requireTool,
  searchPath,
  toolStamp,
  type HostErrorCode,
} from './find.ts';
export { installFolder } from './install-folder.ts';
export { makeFolder } from './make-folder.ts';
export { describeFailure, runTool, type RunOptions, type RunResult } from './run.ts';
export { tools, type PackageManager, type Tool, type ToolName } from './tools.ts';
export { splitWords } from './words.ts';
