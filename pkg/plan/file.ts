import path from 'node:path';
import { type BundleFile, resolveId } from '../bundle/index.ts';
import type { FileSpec } from '../spec/index.ts';

export interface FileContext {
  /** The merged YAML in a format. */
  readonly metadata: (format: 'yaml' | 'json') => string;
  /** The user's home, for a source that starts with `~/`. */
  readonly home: string;
}

/** An entry of `files:` as it will be written. Names of containers as owners become the ids allocated to them. */
export function plannedFile(
  file: FileSpec,
  ids: ReadonlyMap<string, number>,
  { metadata, home }: FileContext,
): BundleFile {
  return {
    path: path.posix.normalize(file.path).replace(/^\/+|\/+$/g, ''),
    mode: file.mode,
    // The specification's own check has refused unknown names.
    uid: resolveId(file.uid, ids) ?? 0,
    gid: resolveId(file.gid, ids) ?? 0,
    content: plannedContent(file, { metadata, home }),
  };
}

function plannedContent(file: FileSpec, { metadata, home }: FileContext): BundleFile['content'] {
  const { content } = file;
  switch (content.kind) {
    case 'text':
      return { kind: 'data', data: content.text };
    case 'metadata':
      return { kind: 'data', data: metadata(content.format) };
    case 'source':
      return {
        kind: 'host',
        hostPath: path.resolve(content.baseDir, content.path.replace(/^~(?=\/)/, home)),
        optional: content.optional,
        at: file.at,
      };
    case 'symlink':
    case 'directory':
      return content;
  }
}
