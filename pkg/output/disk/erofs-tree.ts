import { type BytePath, type Entry, ownName, parentPath } from '../../archive/index.ts';
import { OutputError } from '../aside.ts';
import { directoryBytes, type Dirent, formatDirectory } from './erofs-directory.ts';
import { formatXattrs, type Inode, InodeTable } from './erofs-inode.ts';

interface Folder {
  readonly index: number;
  readonly parent: number;
  readonly names: Map<BytePath, number>;
}

const folderEntry = { type: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: 0, size: 0 } as const;
const none = Buffer.alloc(0);

/** A file tree in memory as EROFS has it, without the content of files. */
export class ErofsTree {
  /** The root's is the first. */
  readonly inodes = new InodeTable();
  readonly #folders = new Map<BytePath, Folder>();
  /** What inodes of some kinds have besides, by the inode's index. */
  readonly #foldersByIndex = new Map<number, Folder>();
  readonly #targets = new Map<number, BytePath>();
  readonly #xattrs = new Map<number, Buffer>();

  constructor() {
    const index = this.inodes.add();
    this.#addFolder('', { index, parent: index, names: new Map() });
    this.add({ ...folderEntry, path: '' });
  }

  /** @throws {OutputError} `conflicting-trees` for a hard link without its file */
  add(entry: Entry): Inode {
    if (entry.type === 'hardlink') return this.#link(entry);
    const index = this.#find(entry.path) ?? this.#create(entry);
    const inode = this.inodes.at(index);
    const xattrs = formatXattrs(entry);
    inode.describe(entry, xattrs.length);
    if (xattrs.length > 0) this.#xattrs.set(index, xattrs);
    else this.#xattrs.delete(index);
    if (entry.type === 'symlink') this.#targets.set(index, entry.link ?? '');
    return inode;
  }

  #find(path: BytePath): number | undefined {
    return path === '' ? 0 : this.#folders.get(parentPath(path))?.names.get(nameOf(path));
  }

  #create({ path, type }: Entry): number {
    const parent = this.#folder(parentPath(path));
    const index = this.inodes.add();
    parent.names.set(ownName(nameOf(path)), index);
    if (type === 'directory') {
      this.#addFolder(path, { index, parent: parent.index, names: new Map() });
      this.inodes.at(parent.index).links++;
    } else {
      this.inodes.at(index).links = 1;
    }
    return index;
  }

  #addFolder(path: BytePath, folder: Folder): void {
    this.#folders.set(ownName(path), folder);
    this.#foldersByIndex.set(folder.index, folder);
    this.inodes.at(folder.index).links = 2;
  }

  #folder(path: BytePath): Folder {
    if (!this.#folders.has(path)) this.add({ ...folderEntry, path });
    return this.#folders.get(path) as Folder;
  }

  #link({ path, link = '' }: Entry): Inode {
    const index = this.#find(link);
    if (index === undefined)
      throw new OutputError('conflicting-trees', `/${path} is a hard link to /${link}, which is missing`);
    this.#folder(parentPath(path)).names.set(ownName(nameOf(path)), index);
    const inode = this.inodes.at(index);
    inode.links++;
    return inode;
  }

  xattrsOf(index: number): Buffer {
    return this.#xattrs.get(index) ?? none;
  }

  /** The length of the content of what is no file. */
  madeBytes(index: number): number {
    const folder = this.#foldersByIndex.get(index);
    return folder === undefined ? (this.#targets.get(index) ?? '').length : directoryBytes(direntsOf(folder));
  }

  /** The content of what is no file: a symlink's target, a folder's entries with the numbers of their inodes. */
  madeContent(index: number): Buffer {
    const folder = this.#foldersByIndex.get(index);
    if (folder === undefined) return Buffer.from(this.#targets.get(index) ?? '', 'latin1');
    return formatDirectory(direntsOf(folder), (each) => this.inodes.at(each));
  }
}

function nameOf(path: BytePath): BytePath {
  return path.slice(path.lastIndexOf('/') + 1);
}

function direntsOf({ index, parent, names }: Folder): readonly Dirent[] {
  return [['.', index], ['..', parent], ...names];
}
