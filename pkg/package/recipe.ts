import path from 'node:path';
import type { Location } from '../errors/index.ts';
import type { Architecture } from '../image/index.ts';
import { parseYaml, readYaml, type YamlFile } from './yaml-file.ts';

/** A `debian.yml`: which files of which Debian packages make up an image. */
export interface Recipe {
  readonly packages: readonly WantedPackage[];
  readonly files: readonly WantedFile[];
  readonly links: readonly WantedLink[];
  readonly directories: readonly WantedDirectory[];
  /** Make a kernel image. */
  readonly kernel: boolean;
  /** Modules to compile that the kernel's package lacks: paths in its source, without `.c`. */
  readonly kernelModules: readonly WantedModule[];
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: readonly string[];
  readonly workdir?: string;
  readonly user?: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A Debian package by name; as a metapackage it stands for the packages that it depends on. */
export interface WantedPackage {
  readonly name: PerArchitecture;
  readonly metapackage: boolean;
  readonly at: Location;
}

/** One name everywhere, or a name for each architecture that has one. */
export type PerArchitecture = string | Readonly<Partial<Record<Architecture, string>>>;

/** Files of the packages. */
export interface WantedFile {
  /** Absolute; a path, a glob, or a folder. */
  readonly from: string;
  /** Absolute path in the image. @default the path in the package */
  readonly to?: string;
  readonly at: Location;
}

export interface WantedModule {
  readonly path: string;
  readonly at: Location;
}

export interface WantedLink {
  /** Absolute path of the link. */
  readonly path: string;
  readonly target: string;
  readonly at: Location;
}

export interface WantedDirectory {
  readonly path: string;
  readonly mode: number;
  readonly at: Location;
}

type WrittenName = string | Readonly<Partial<Record<Architecture, string>>>;

interface Written {
  readonly packages?: readonly (WrittenName | { readonly metapackage: WrittenName })[];
  readonly files?: readonly (string | { readonly from: string; readonly to: string })[];
  readonly links?: readonly {
    readonly target: string;
    readonly in: string;
    readonly names: string | readonly string[];
  }[];
  readonly directories?: readonly (string | { readonly path: string; readonly mode?: string })[];
  readonly kernel?: boolean;
  readonly kernelModules?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: readonly string[];
  readonly workdir?: string;
  readonly user?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export const recipeFileName = 'debian.yml';

/**
 * Reads the recipe of a package's folder, or `undefined` where it has none.
 *
 * @throws {PackageError} `bad-yaml`, `invalid-key`
 */
export async function readRecipe(folder: string): Promise<Recipe | undefined> {
  const yaml = await readYaml<Written>(path.join(folder, recipeFileName), 'debian');
  return yaml && toRecipe(yaml);
}

/** @throws {PackageError} `bad-yaml`, `invalid-key` */
export async function parseRecipe(file: string, text: string): Promise<Recipe> {
  return toRecipe(await parseYaml<Written>(file, text, 'debian'));
}

function toRecipe({ value, locate }: YamlFile<Written>): Recipe {
  const { packages = [], files = [], links = [], directories = [], kernelModules = [], ...others } = value;
  const { kernel = false, labels = {}, ...execution } = others;
  return {
    ...execution,
    kernel,
    labels,
    kernelModules: kernelModules.map((module, index) => ({ path: module, at: locate('kernelModules', index) })),
    packages: packages.map((written, index) => {
      const isMeta = typeof written === 'object' && 'metapackage' in written;
      return { name: isMeta ? written.metapackage : written, metapackage: isMeta, at: locate('packages', index) };
    }),
    files: files.map((written, index) => ({
      ...(typeof written === 'string' ? { from: written } : written),
      at: locate('files', index),
    })),
    links: links.flatMap(({ target, in: folder, names }, index) =>
      wordsOf(names).map((name) => ({ target, path: path.posix.join(folder, name), at: locate('links', index) })),
    ),
    directories: directories.map((written, index) => {
      const { path: folder, mode = '0755' } = typeof written === 'string' ? { path: written } : written;
      return { path: folder, mode: Number.parseInt(mode, 8), at: locate('directories', index) };
    }),
  };
}

function wordsOf(names: string | readonly string[]): readonly string[] {
  return typeof names === 'string' ? names.split(/\s+/).filter((name) => name !== '') : names;
}

/** The name on one architecture; `undefined` where the package is not wanted on it. */
export function nameOn(arch: Architecture, name: PerArchitecture): string | undefined {
  return typeof name === 'string' ? name : name[arch];
}
