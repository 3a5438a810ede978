import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type ImageOptions } from '../build/index.ts';
import { isErrno, type Location } from '../errors/index.ts';
import type { Architecture } from '../image/index.ts';
import { type Diagnostic, type Parsed, type SourceText, type Spec, suggest } from '../spec/index.ts';
import { VmTestError } from './error.ts';
import { displayName } from './file/display-name.ts';
import type { TestCase, TestImage } from './types.ts';

/** A system that tests boot. */
export interface TestSystem {
  /** Equal for tests of the same image. */
  readonly key: string;
  readonly image: Extract<TestImage, { readonly kind: 'build' }>;
  /** What the files of the build are called; unique among the systems of a run. */
  readonly name: string;
  readonly sources: readonly SourceText[];
  /** `undefined` where there is an error. */
  readonly spec: Spec | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses the files of a system, and checks whatever can be checked without building it. */
export type ParseSystem = (sources: readonly SourceText[]) => Promise<Parsed>;

/** Tests of one system have the same key. */
export function systemKey(image: TestImage): string {
  return JSON.stringify(image.kind === 'build' ? [image.files, image.kernel, image.arch] : image.prefix);
}

/**
 * Reads the YAML files of all systems that the tests want to have built, each system once.
 *
 * @param workingFolder messages call files by their names below it
 * @throws {VmTestError} `no-image`
 */
export async function readSystems(
  tests: readonly TestCase[],
  workingFolder: string,
  parseSystem: ParseSystem,
): Promise<readonly TestSystem[]> {
  const systems = new Map<string, TestSystem>();
  const names = new Set<string>();
  for (const { image, at } of tests) {
    const key = systemKey(image);
    if (image.kind !== 'build' || systems.has(key)) continue;
    const sources = [
      ...(await Promise.all(image.files.map((file) => readSystemFile(file, displayName(file, workingFolder), at)))),
      ...kernelOf(image),
    ];
    systems.set(key, { key, image, name: uniqueName(image, names), sources, ...(await parseSystem(sources)) });
  }
  return [...systems.values()];
}

async function readSystemFile(file: string, name: string, at: Location): Promise<SourceText> {
  try {
    return { file: name, text: await readFile(file), baseDir: path.dirname(file) };
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES')) throw error;
    const hint = 'The path is relative to the test file.';
    throw new VmTestError('no-image', `the image of this test cannot be read: ${name}`, { kind: 'input', at, hint });
  }
}

/** A file that is merged after the others and says nothing but which kernel. */
function kernelOf({ kernel, files }: TestSystem['image']): readonly SourceText[] {
  if (kernel === undefined) return [];
  const baseDir = path.dirname(files[0] ?? '');
  return [{ file: `<kernel ${kernel}>`, text: `kernel: {image: ${JSON.stringify(kernel)}}\n`, baseDir }];
}

function uniqueName({ files }: TestSystem['image'], names: Set<string>): string {
  const base = files.map((file) => path.basename(file).replace(/\.ya?ml$/, '')).join('+');
  let name = base;
  for (let count = 2; names.has(name); count++) name = `${base}-${count}`;
  names.add(name);
  return name;
}

/** Builds a system, or finds that it is built. @returns what `lkit run` takes as its name, absolute */
export async function buildSystem(
  { image, name, spec }: TestSystem,
  folder: string,
  hostArch: Architecture,
  options: Omit<ImageOptions, 'arch'>,
): Promise<string> {
  if (spec !== undefined) {
    await build({ ...options, arch: image.arch ?? hostArch, spec, formats: ['kernel+initrd'], dir: folder, name });
  }
  return path.join(folder, name);
}

/** Steps name services; that a system has them is known before it is built. */
export function checkServices(tests: readonly TestCase[], systems: readonly TestSystem[]): readonly Diagnostic[] {
  return tests.flatMap(({ image, steps }) => {
    const spec = systems.find(({ key }) => key === systemKey(image))?.spec;
    if (spec === undefined) return [];
    const known = spec.services.map(({ name }) => name);
    return steps.flatMap((step) => {
      const name = step.kind === 'service' || step.kind === 'run' ? step.service : undefined;
      return name === undefined || known.includes(name) ? [] : [unknownService(name, known, step.at)];
    });
  });
}

function unknownService(name: string, known: readonly string[], at: Location): Diagnostic {
  const near = suggest(name, known);
  const hint = known.length === 0 ? 'The system has no services.' : `Services of the system: ${known.join(', ')}.`;
  const message = `there is no service "${name}"${near.text}`;
  return { severity: 'error', code: 'unknown-name', at, end: at, message, hint };
}
