/** A file of an image's tree. */
export interface HashedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Of its content. */
  readonly sha256: string;
}

/** An image with the files of its tree. */
export interface HashedImage {
  readonly digest: string;
  readonly name: string;
  readonly files: readonly HashedFile[];
}

/** A content that several images have. */
export interface Duplicate {
  readonly sha256: string;
  /** Bytes of one of the files. */
  readonly size: number;
  readonly files: readonly { readonly image: string; readonly digest: string; readonly path: string }[];
}

/** The contents that more than one image has, those that cost most first. */
export function findDuplicates(images: readonly HashedImage[]): readonly Duplicate[] {
  const byContent = new Map<string, { readonly size: number; readonly files: Duplicate['files'][number][] }>();
  for (const { digest, name, files } of images) {
    for (const { path, size, sha256 } of files) {
      const same = byContent.get(sha256) ?? { size, files: [] };
      same.files.push({ image: name, digest, path });
      byContent.set(sha256, same);
    }
  }
  return [...byContent]
    .map(([sha256, { size, files }]) => ({ sha256, size, files }))
    .filter(({ files }) => imagesOf(files).size > 1)
    .sort((a, b) => wasted(b) - wasted(a) || (a.sha256 < b.sha256 ? -1 : 1));
}

/** Bytes that would be saved if only one image had the content. */
function wasted({ size, files }: Duplicate): number {
  return size * (imagesOf(files).size - 1);
}

function imagesOf(files: Duplicate['files']): ReadonlySet<string> {
  return new Set(files.map(({ digest }) => digest));
}

/** Bytes of unpacked files that would be saved if each content were in one image only. */
export function duplicatedBytes(duplicates: readonly Duplicate[]): number {
  return duplicates.reduce((sum, each) => sum + wasted(each), 0);
}
