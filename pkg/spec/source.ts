/** A YAML file as it was read, before anything is known about it. */
export interface SourceText {
  /** The file's name in messages: its path as the user gave it, a URL, `<stdin>`. */
  readonly file: string;
  readonly text: string | Uint8Array;
  /** Absolute path of the folder that relative paths in the file are relative to. */
  readonly baseDir: string;
}
