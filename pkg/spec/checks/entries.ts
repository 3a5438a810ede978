import type { LoadedFile } from '../problem.ts';
import { child, items, type MappingNode, textOf } from '../yaml/tree.ts';

/** A mapping in a list, and the file in which it stands. */
export interface Entry {
  readonly file: LoadedFile;
  readonly node: MappingNode;
  readonly name: string | undefined;
}

/** The entries of a list, by the keys that lead to it, of all files in order; what is no mapping is left out. */
export function entriesOf(files: readonly LoadedFile[], ...path: readonly string[]): readonly Entry[] {
  return files.flatMap((file) =>
    items(path.reduce(child, file.root)).flatMap((node) =>
      node.kind === 'mapping' ? [{ file, node, name: textOf(child(node, 'name')) }] : [],
    ),
  );
}

/** What the names in an entry can refer to. */
export interface Names {
  /** Containers whose ids `uid` and `gid` can name. */
  readonly containers: ReadonlySet<string>;
  /** Volumes, and whether they are read-only. */
  readonly volumes: ReadonlyMap<string, boolean>;
  /** Emulated I2C buses. */
  readonly buses: ReadonlySet<string>;
}
