export { requireTar, tarMembers } from './archive-bytes.ts';
export type { SourceContext } from './context.ts';
export { SourceError, type SourceErrorCode } from './error.ts';
export { treeMembers } from './host-tree.ts';
export { buildFolder, resolveShipped, shippedPackages } from './package.ts';
export { resolveImage } from './resolve.ts';
export { type LayoutKind, type Source, type SourceKind, sourceOf } from './source.ts';
export { readXattrs } from './xattrs.ts';
