import { type BytePath, displayPath, ownName } from '../archive/index.ts';
import { ImageError } from './error.ts';
import { type Directory, type Inode, isDirectory, newDirectory } from './inode.ts';

/** A directory and the way to it from the root, without symlinks. */
export type Trail = readonly Step[];

export interface Step {
  /** Empty for the root. */
  readonly name: BytePath;
  readonly directory: Directory;
}

/** As many symlinks as containerd follows on one path. */
const maxSymlinks = 255;

/** Linux's NAME_MAX. */
const maxNameBytes = 255;

/** A file tree in memory: names and metadata, no content. */
export class Tree {
  readonly root: Directory = newDirectory();
  /** Files that were given a second name; what became of it is another question. */
  readonly shared = new Set<Inode>();
  /** Files that are not where the entry of their archive says, which went through a symlink. */
  readonly elsewhere = new Set<Inode>();

  /**
   * The way to a directory. Symlinks are followed within the tree: an absolute target, and a `..` above the root, begin
   * at its root. What is missing is made where `create` is set; else the result is `undefined`.
   *
   * @param wanted the path that is to be reached in the end, for errors
   * @throws {ImageError} `symlink-loop`, and with `create` also `not-a-directory`
   */
  walk(path: BytePath, create: true, wanted?: BytePath): Trail;
  walk(path: BytePath, create: boolean, wanted?: BytePath): Trail | undefined;
  walk(path: BytePath, create: boolean, wanted = path): Trail | undefined {
    const start: Step = { name: '', directory: this.root };
    if (path === '') return [start];
    let trail: Step[] = [start];
    let symlinks = 0;
    // The parts still to go, the next one last.
    const ahead = path.split('/').reverse();
    for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
      if (name === '' || name === '.') continue;
      if (name === '..') {
        if (trail.length > 1) trail.pop();
        continue;
      }
      const { children } = (trail.at(-1) ?? start).directory;
      const next = children.get(name) ?? (create ? addDirectory(children, name, wanted) : undefined);
      if (next === undefined) return undefined;
      if (isDirectory(next)) {
        trail.push({ name, directory: next });
      } else if (next.attributes.type === 'symlink') {
        if (++symlinks > maxSymlinks) {
          throw new ImageError('symlink-loop', `"${displayPath(wanted)}": too many symlinks on the way`);
        }
        const target = next.attributes.link ?? '';
        if (target.startsWith('/')) trail = [start];
        ahead.push(...target.split('/').reverse());
      } else if (create) {
        throw new ImageError(
          'not-a-directory',
          `"${displayPath(wanted)}": a ${next.attributes.type} stands where a directory should be`,
        );
      } else {
        return undefined;
      }
    }
    return trail;
  }

  /** What a path names, or `undefined`. A symlink at its end is not followed. */
  find(path: BytePath): Inode | undefined {
    const { parent, name } = splitPath(path);
    if (name === '') return this.root;
    return this.walk(parent, false, path)?.at(-1)?.directory.children.get(name);
  }

  /** Puts an inode in the place of whatever is there; on the way, directories are made. */
  place(path: BytePath, inode: Inode): void {
    const { parent, name } = splitPath(path);
    last(this.walk(parent, true)).children.set(name, inode);
  }

  /** Removes a file or a directory with all that it holds; a symlink at its end is removed itself. */
  remove(path: BytePath): void {
    const { parent, name } = splitPath(path);
    this.walk(parent, false)?.at(-1)?.directory.children.delete(name);
  }
}

function addDirectory(children: Map<BytePath, Inode>, name: BytePath, path: BytePath): Directory {
  checkName(name, path);
  const directory = newDirectory();
  children.set(ownName(name), directory);
  return directory;
}

/** @throws {ImageError} `invalid-name` */
export function checkName(name: BytePath, path: BytePath): void {
  if (name.length <= maxNameBytes) return;
  throw new ImageError('invalid-name', `"${displayPath(path)}": a name in it is longer than ${maxNameBytes} bytes`);
}

/** The directory at the end of a trail. */
export function last(trail: Trail): Directory {
  const step = trail.at(-1);
  if (step === undefined) throw new Error('a trail begins with the root');
  return step.directory;
}

export function splitPath(path: BytePath): { readonly parent: BytePath; readonly name: BytePath } {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? { parent: '', name: path } : { parent: path.slice(0, slash), name: path.slice(slash + 1) };
}

/** The path of what a directory has under a name. */
export function pathOf(trail: Trail, name: BytePath): BytePath {
  let path = '';
  for (const { name: folder } of trail) if (folder !== '') path += `${folder}/`;
  return path + name;
}

/** Every path and inode below the root, parents first, names in the order of their bytes. */
export function* walkTree(root: Directory): Generator<readonly [path: BytePath, inode: Inode], void, undefined> {
  const ahead: (readonly [BytePath, Inode])[] = [];
  const enter = (directory: Directory, prefix: BytePath): void => {
    const names = [...directory.children].sort(([a], [b]) => (a < b ? 1 : -1));
    for (const [name, inode] of names) ahead.push([prefix + name, inode]);
  };
  enter(root, '');
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    yield next;
    const [path, inode] = next;
    if (isDirectory(inode)) enter(inode, `${path}/`);
  }
}
