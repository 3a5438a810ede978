import { ImageError } from './error.ts';

/** What an image may cost before lkit takes it for an attack or a mistake. */
export interface Limits {
  /** Bytes of a manifest or an index. */
  readonly manifest: number;
  readonly layers: number;
  /** Entries of all layers together. */
  readonly entries: number;
  /** Bytes of all layers together, decompressed and with the holes of sparse files. */
  readonly 'unpacked-bytes': number;
  /** Decompressed bytes for each compressed byte of a layer. */
  readonly 'compression-ratio': number;
  /** Bytes of one path. */
  readonly 'path-bytes': number;
  /** Bytes of names and attributes of all entries together: what has to be held in memory. */
  readonly 'metadata-bytes': number;
}

export type LimitName = keyof Limits;

export const defaultLimits: Limits = {
  // Registries and container engines refuse larger ones, too.
  manifest: 4 * 2 ** 20,
  layers: 512,
  entries: 1_000_000,
  'unpacked-bytes': 32 * 2 ** 30,
  'compression-ratio': 200,
  // Linux's PATH_MAX, without the NUL.
  'path-bytes': 4095,
  'metadata-bytes': 256 * 2 ** 20,
};

/** What to do about an image that costs more than it may. */
export function limitHint(name: LimitName): string {
  return `If you trust it, raise the limit: --limit ${name}=NUMBER`;
}

/** A small layer of zeros is no bomb. */
const ratioMattersFrom = 64 << 20;

/** Counts what an image costs while it is read. Every method throws `limit-exceeded`. */
export class Budget {
  readonly #limits: Limits;
  #entries = 0;
  #unpacked = 0;
  #files = 0;
  #metadata = 0;

  constructor(limits: Partial<Limits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
  }

  layers(count: number): void {
    this.#check('layers', count, 'layers');
  }

  path(bytes: number): void {
    this.#check('path-bytes', bytes, 'bytes in the path of a file');
  }

  entry(metadataBytes: number): void {
    this.#check('entries', ++this.#entries, 'files');
    this.#check('metadata-bytes', (this.#metadata += metadataBytes), 'bytes of file names and attributes');
  }

  /** Bytes of a layer's archive. */
  unpacked(bytes: number): void {
    this.#check('unpacked-bytes', (this.#unpacked += bytes), 'bytes when unpacked');
  }

  /** Bytes of a file, which for a sparse one are more than the archive has. */
  file(bytes: number): void {
    this.#check('unpacked-bytes', (this.#files += bytes), 'bytes in its files');
  }

  ratio(compressed: number, decompressed: number): void {
    if (decompressed < ratioMattersFrom) return;
    this.#check(
      'compression-ratio',
      Math.floor(decompressed / Math.max(compressed, 1)),
      'times its size when unpacked',
    );
  }

  #check(name: LimitName, found: number, what: string): void {
    const limit = this.#limits[name];
    if (found <= limit) return;
    throw new ImageError('limit-exceeded', `the image has more than ${limit} ${what}`, { hint: limitHint(name) });
  }
}
