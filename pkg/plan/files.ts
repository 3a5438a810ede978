import type { BundleFile } from '../bundle/index.ts';
import type { Plan } from './types.ts';

/**
 * One list out of several, as it will be written: a later entry for a path replaces an earlier one, every parent
 * folder stands before what it holds (the kernel's initramfs unpacker skips files without one), sorted by path.
 */
export function layOut(files: readonly BundleFile[]): readonly BundleFile[] {
  const byPath = new Map<string, BundleFile>();
  for (const file of files) {
    addMissingParents(byPath, file);
    byPath.set(file.path, file);
  }
  return [...byPath.values()].sort((a, b) => comparePaths(a.path, b.path));
}

/** A system with one more file, which replaces what was there. */
export function withFile(plan: Plan, file: BundleFile): Plan {
  return { ...plan, files: layOut([...plan.files, file]) };
}

/** As in LinuxKit, a missing parent gets the file's owner and its mode, with search permission for whoever has any. */
function addMissingParents(byPath: Map<string, BundleFile>, file: BundleFile): void {
  for (let slash = file.path.indexOf('/'); slash > 0; slash = file.path.indexOf('/', slash + 1)) {
    const path = file.path.slice(0, slash);
    if (byPath.has(path)) continue;
    const { uid, gid } = file;
    byPath.set(path, { path, mode: searchable(file.mode), uid, gid, content: { kind: 'directory' } });
  }
}

function searchable(mode: number): number {
  const all = mode & 0o777;
  return [0o700, 0o070, 0o007].reduce((made, who) => ((all & who) === 0 ? made : made | (0o111 & who)), all);
}

/** Order in which a folder stands right before its contents: `a`, `a/b`, `a.b`. */
function comparePaths(a: string, b: string): number {
  const left = a.split('/');
  const right = b.split('/');
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const one = left[i] ?? '';
    const other = right[i] ?? '';
    if (one !== other) return one < other ? -1 : 1;
  }
  return left.length - right.length;
}
