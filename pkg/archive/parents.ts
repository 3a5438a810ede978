import type { BytePath, Entry } from './entry.ts';
import { parentPath } from './path.ts';

/** Knows which directories came, so that none is missing before what it holds. */
export class Parents {
  readonly #known = new Set<BytePath>(['']);

  /** The directories that have to come before `entry`, outermost first: root's, 0755, of 1970. */
  *before(entry: Entry): Generator<Entry, void, undefined> {
    const missing: BytePath[] = [];
    for (let path = parentPath(entry.path); !this.#known.has(path); path = parentPath(path)) missing.unshift(path);
    for (const path of missing) {
      this.#known.add(path);
      yield { path, type: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: 0, size: 0 };
    }
    if (entry.type === 'directory') this.#known.add(entry.path);
  }
}
