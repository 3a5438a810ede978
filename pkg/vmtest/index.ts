export { VmTestError, type VmTestErrorCode } from './error.ts';
export { type ParsedTests, parseTests } from './file/parse.ts';
export type * from './types.ts';
