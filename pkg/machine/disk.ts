import path from 'node:path';
import { badInput } from './error.ts';
import { parseSize } from './size.ts';
import type { DiskFormat } from './types.ts';

/** A disk as asked for, before one looks at what is there. */
export interface DiskRequest {
  /** Absolute. */
  readonly path: string;
  readonly sizeMiB?: number;
  readonly format?: DiskFormat;
}

/**
 * How the format of a disk is told that `format=` does not give. `found-out`: a new one is qcow2, an old one looked at.
 * `by-name`: `.qcow2` is qcow2, all others raw.
 */
export type DiskFormats = 'found-out' | 'by-name';

const example = 'Examples: data.qcow2,size=4G  size=512M  file=data.raw,format=raw';

/**
 * LinuxKit's `-disk [file=]PATH[,size=SIZE][,format=qcow2|raw]`, several of them. A bare size counts GiB; a disk
 * without a path is kept in the machine's state folder.
 *
 * @throws {MachineError} `bad-disk`, `bad-size`
 */
export function parseDisks(
  texts: readonly string[],
  folders: { readonly current: string; readonly state: string },
  formats: DiskFormats = 'found-out',
): readonly DiskRequest[] {
  const byName = formats === 'by-name';
  const requests = texts.map((text, index): DiskRequest => {
    const { file, size, format: given } = fields(text);
    const format = given ?? (byName ? (file?.endsWith('.qcow2') === true ? 'qcow2' : 'raw') : undefined);
    if (file === undefined && size === undefined) throw badInput('bad-disk', `-disk "${text}" names no disk`, example);
    return {
      // LinuxKit's names, so that a state folder made by it is found again.
      path:
        file === undefined
          ? path.join(folders.state, `disk${index || ''}.${byName ? 'raw' : 'img'}`)
          : path.resolve(folders.current, file),
      ...(size === undefined ? {} : { sizeMiB: parseSize(size, 'G', 'a disk') }),
      ...(format === undefined ? {} : { format }),
    };
  });
  const seen = new Set<string>();
  for (const request of requests) {
    if (seen.has(request.path)) throw badInput('bad-disk', `${request.path} is given as a disk twice`, example);
    seen.add(request.path);
  }
  return requests;
}

interface Fields {
  file?: string;
  size?: string;
  format?: DiskFormat;
}

function fields(text: string): Fields {
  const found: Fields = {};
  for (const [index, part] of text.split(',').entries()) {
    const [, key, value] = /^(file|size|format)=(.*)$/.exec(part) ?? [];
    if (key === undefined && (index > 0 || part === '' || /^\w+=/.test(part))) {
      throw badInput('bad-disk', `-disk "${text}": "${part}" is not understood`, example);
    }
    if (key === 'size') found.size = value ?? '';
    else if (key === 'format') found.format = parseFormat(text, value ?? '');
    else found.file = key === undefined ? part : (value ?? '');
  }
  if (found.file === '') throw badInput('bad-disk', `-disk "${text}" has an empty path`, example);
  return found;
}

function parseFormat(text: string, format: string): DiskFormat {
  if (format === 'qcow2' || format === 'raw') return format;
  throw badInput('bad-disk', `-disk "${text}": unknown format "${format}"`, 'Known formats: qcow2, raw.');
}
