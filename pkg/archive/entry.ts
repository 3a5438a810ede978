/**
 * One member of a file tree, as every archive format here reads or writes it.
 *
 * Names are byte strings: one character for each byte (`latin1`), because a file name on Linux need not be UTF-8 and a
 * decoder that replaces what it does not know would lose the file. Use `displayPath` before showing one to a person.
 */
export interface Entry {
  /** Relative, without `./`, a leading or a trailing slash; the root itself is the empty string. */
  readonly path: BytePath;
  readonly type: EntryType;
  /** Permission bits with setuid, setgid and sticky: `0o0000`–`0o7777`. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970, whole. */
  readonly mtime: number;
  /** Bytes of content; 0 for all but a file. */
  readonly size: number;
  /** The target of a symlink as written, or the path (as in `path`) of the file that a hard link names. */
  readonly link?: BytePath;
  /**
   * How many names a file has in this tree, itself included, where that is known. A cpio archive must say it with the
   * first of them.
   */
  readonly links?: number;
  /** Of a character or block device. */
  readonly device?: { readonly major: number; readonly minor: number };
  /** Extended attributes, such as `security.capability`; values are raw bytes. */
  readonly xattrs?: ReadonlyMap<string, Buffer>;
}

/** A file name of which each character stands for one byte. */
export type BytePath = string;

export type EntryType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'character' | 'block' | 'fifo';
