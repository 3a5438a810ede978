import type { Diagnostic } from '../spec/index.ts';

/** What a Compose file refers to outside of itself. Paths are absolute. */
export interface Surroundings {
  /** The variables of `${NAME}`, and of `environment` entries without a value. */
  readonly variables: Readonly<Record<string, string>>;
  /** The user's home folder, for `~/`. */
  readonly home: string;
  /** What is at a path; `undefined` where nothing is. */
  readonly look: (path: string) => { readonly kind: 'file' | 'folder'; readonly mode: number } | undefined;
  /** The text of a file; `undefined` where there is none. */
  readonly readText: (path: string) => string | undefined;
  /** How an image runs by itself; `undefined` where that is not known. */
  readonly imageDefaults: (reference: string) => Promise<ImageDefaults | undefined>;
}

/** The part of an image's configuration that Compose's keys replace or extend. */
export interface ImageDefaults {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly env: readonly string[];
  readonly user: string;
}

export interface ConvertOptions extends Surroundings {
  /** What runs the services in the guest. */
  readonly runtime: 'containerd' | 'crun';
  /** The profiles to start; `*` for all. */
  readonly profiles: readonly string[];
  /** The folder that the result will be in: its paths are relative to it. */
  readonly outputDir: string;
}

export interface Converted {
  /** lkit's YAML; `undefined` where the Compose file has errors. */
  readonly yaml: string | undefined;
  /** Errors, and what has no counterpart or another meaning in lkit, in the order of the file. */
  readonly diagnostics: readonly Diagnostic[];
}
