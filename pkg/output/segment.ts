import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type BytePath, gzip, gzipVersion, type Member, writeCpio, zstd } from '../archive/index.ts';
import { toolStamp } from '../host/index.ts';
import { type PackingContext, reported } from './context.ts';
import type { InitrdCompression } from './compression.ts';
import { type SizedFile, sizedFile } from './sized-file.ts';

const version = 2;

/**
 * zlib's own default, and the highest level of zstd that is no slower: for the 85 MB of containerd, 2.4 CPU seconds and
 * 30.1 MB, 2.1 and 26.5 MB. (zstd 3: 0.5 and 29.0 MB; zstd 12: 5.1 and 26.2 MB.)
 */
const levels: Readonly<Record<InitrdCompression, number>> = { gzip: 6, zstd: 9 };

/** A compressed stream of cpio archives. It depends on nothing but its content, which may be lent (see `lendHostFile`). */
export function compress(source: AsyncIterable<Buffer>, compression: InitrdCompression): AsyncIterable<Buffer> {
  return compression === 'gzip' ? gzip(source, levels.gzip) : zstd(source, levels.zstd);
}

/** A tree in a flat system. */
export interface FlatTree {
  /** For the report. */
  readonly name: string;
  /** Everything that `members` depends on. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The folder that everything is in, where that is not the root. */
  readonly at?: BytePath;
  /** @param lend their content may be lent (see `lendHostFile`) */
  readonly members: (signal: AbortSignal, lend: boolean) => AsyncIterable<Member>;
}

/**
 * A tree as a compressed archive of its own in the store, made once for each set of inputs. The kernel unpacks any
 * number of archives that follow one another; they must be whole, because it stops at one that is cut.
 */
export function segment(context: PackingContext, { name, inputs, members }: FlatTree): Promise<SizedFile> {
  const { store, compression = 'gzip' } = context;
  return context.run(async (signal) => {
    const compressor = compression === 'gzip' ? gzipVersion : await toolStamp('zstd');
    const level = String(levels[compression]);
    const key = { kind: `cpio-${compression}`, version, inputs: { ...inputs, level, compressor } };
    const { path } = await reported(context, `pack ${name}`, () =>
      store.derived(key, (target) => {
        const archive = writeCpio(members(signal, true), { lend: true });
        return pipeline(compress(archive, compression), createWriteStream(target), { signal });
      }),
    );
    return sizedFile(path);
  });
}
