export { convertCompose } from './convert.ts';
export { parseEnvFile } from './env-file.ts';
export type * from './types.ts';
