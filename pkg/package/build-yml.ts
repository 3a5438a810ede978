import path from 'node:path';
import type { Location } from '../errors/index.ts';
import type { Architecture } from '../image/index.ts';
import { PackageError } from './error.ts';
import { parseYaml, readYaml, type YamlFile } from './yaml-file.ts';

export const architectures = ['amd64', 'arm64', 'riscv64'] as const satisfies readonly Architecture[];

/** LinuxKit's `build.yml`. An absent key is absent here as well, unless a default is named. */
export interface BuildFile {
  readonly image: string;
  readonly org?: string;
  readonly tag?: string;
  readonly dockerfile?: string;
  readonly arches: readonly Architecture[];
  readonly extraSources: readonly string[];
  readonly gitrepo?: string;
  readonly network: boolean;
  readonly disableCache: boolean;
  readonly buildArgs: readonly string[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly depends?: Readonly<Record<string, unknown>>;
  /** Where each key is written. */
  readonly locate: (...path: readonly (string | number)[]) => Location;
}

/** The keys as they are written. */
interface Written {
  readonly image: string;
  readonly org?: string;
  readonly tag?: string;
  readonly dockerfile?: string;
  readonly arches?: readonly Architecture[];
  readonly 'extra-sources'?: readonly string[];
  readonly gitrepo?: string;
  readonly network?: boolean;
  readonly 'disable-cache'?: boolean;
  readonly buildArgs?: readonly string[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly depends?: Readonly<Record<string, unknown>>;
}

export const buildFileName = 'build.yml';

/**
 * Reads the `build.yml` of a package's folder.
 *
 * @throws {PackageError} `no-package`, `bad-yaml`, `invalid-key`
 */
export async function readBuildFile(folder: string): Promise<BuildFile> {
  const yaml = await readYaml<Written>(path.join(folder, buildFileName), 'build');
  if (yaml) return toBuildFile(yaml);
  throw new PackageError('no-package', `${folder} is not a package: it has no ${buildFileName}`, { kind: 'input' });
}

/** @throws {PackageError} `wrong-architecture` */
export function checkArchitecture(
  { image, arches, locate }: Pick<BuildFile, 'image' | 'arches' | 'locate'>,
  arch: string,
): asserts arch is Architecture {
  if (arches.some((each) => each === arch)) return;
  throw new PackageError('wrong-architecture', `package ${image} is for ${arches.join(', ')}, not for ${arch}`, {
    kind: 'input',
    at: locate('arches'),
  });
}

/** @throws {PackageError} `bad-yaml`, `invalid-key` */
export async function parseBuildFile(file: string, text: string): Promise<BuildFile> {
  return toBuildFile(await parseYaml<Written>(file, text, 'build'));
}

function toBuildFile({ value, locate }: YamlFile<Written>): BuildFile {
  const { 'extra-sources': extraSources = [], 'disable-cache': disableCache = false, ...others } = value;
  return { network: false, buildArgs: [], arches: architectures, ...others, extraSources, disableCache, locate };
}
