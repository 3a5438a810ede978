export type { ConfigChanges } from './config.ts';
export { appendLayer, type AuthoringContext, createImage, type CreateRequest, reconfigure } from './create.ts';
export { AuthoringError, type AuthoringErrorCode } from './error.ts';
export { type Difference, diffFiles, fileLine, listFiles, type ListedFile } from './listing.ts';
export { parseTarget, type Target } from './target.ts';
export { unpackBundle, type UnpackContext } from './unpack.ts';
export { type WriteContext, writeImage } from './write.ts';
