import type { Entry } from '../../../pkg/archive/index.ts';
import { flatten, type FlattenOptions, type Layer } from '../../../pkg/image/index.ts';
import { collect, inChunks, type RawEntry, rawTar } from '../archive/raw-tar.ts';

/** A layer of these entries, or of bytes that are none. */
export function layer(content: readonly RawEntry[] | Buffer): Layer {
  const bytes = Buffer.isBuffer(content) ? content : rawTar(content);
  return { open: () => inChunks(bytes) };
}

/**
 * The flattened tree, one line for each member, sorted by path:
 * `TYPE [MODE] [UID:GID] [@MTIME] PATH [-> LINK] [MAJOR,MINOR] [= CONTENT] [XATTR=HEX]`, without what `rawTar` gives by
 * default (and 0755 for directories).
 */
export async function tree(layers: Layers, options?: FlattenOptions): Promise<readonly string[]> {
  const described = await describeAll(layers, options);
  return described.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
}

/** As `tree`, in the order of the members. */
export async function inOrder(layers: Layers): Promise<readonly string[]> {
  return (await describeAll(layers)).map(([, line]) => line);
}

export type Layers = readonly (readonly RawEntry[] | Buffer)[];

const letters = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  hardlink: 'h',
  character: 'c',
  block: 'b',
  fifo: 'p',
} as const;

async function describeAll(layers: Layers, options?: FlattenOptions): Promise<[path: string, line: string][]> {
  const lines: [string, string][] = [];
  for await (const { entry, content } of flatten(layers.map(layer), options)) {
    const text = (await collect(content)).toString('latin1');
    if (entry.path !== '') lines.push([entry.path, describeEntry(entry, text)]);
  }
  return lines;
}

function describeEntry(entry: Entry, content: string): string {
  const { path, type, mode, uid, gid, mtime, link, device } = entry;
  return [
    letters[type],
    mode === (type === 'directory' ? 0o755 : 0o644) ? [] : mode.toString(8),
    uid === 0 && gid === 0 ? [] : `${uid}:${gid}`,
    mtime === 0 ? [] : `@${mtime}`,
    path,
    link === undefined ? [] : `-> ${link}`,
    device === undefined ? [] : `${device.major},${device.minor}`,
    content === '' ? [] : `= ${content}`,
    [...(entry.xattrs ?? [])].map(([name, value]) => `${name}=${value.toString('hex')}`),
  ]
    .flat()
    .join(' ');
}
