import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decompress, readTar } from '../archive/index.ts';
import { runTool, type ToolName } from '../host/index.ts';
import type { Architecture } from '../image/index.ts';
import type { Step } from '../report/index.ts';
import { readDeb, unpackDeb } from './deb.ts';
import { type DebsContext, fetchDebs, type StoredDeb } from './debs.ts';
import { PackageError } from './error.ts';
import type { WantedModule, WantedPackage } from './recipe.ts';

export interface ModulesToCompile {
  /** Paths in the kernel's source without `.c`: `drivers/i2c/i2c-stub`. */
  readonly modules: readonly WantedModule[];
  /** The kernel's package. */
  readonly kernel: StoredDeb;
  readonly arch: Architecture;
  /** An empty folder of one's own. */
  readonly temporaryFolder: string;
  readonly step: Step;
}

/** A compiled module: where it belongs below `lib/modules/RELEASE`, and the file. */
export interface CompiledModule {
  readonly path: string;
  readonly file: string;
}

interface Names {
  /** `6.1.0-56-arm64` */
  readonly release: string;
  /** `6.1.0-56` */
  readonly abi: string;
  /** `6.1` */
  readonly series: string;
}

const compilers: Readonly<Partial<Record<Architecture, { readonly make: string; readonly gcc: ToolName }>>> = {
  arm64: { make: 'arm64', gcc: 'aarch64-linux-gnu-gcc' },
};

/**
 * Compiles modules that Debian leaves out of a kernel, from Debian's source of that kernel and against its headers
 * (Documentation/kbuild/modules.rst), for another architecture than the host's as well.
 *
 * @throws {PackageError} `bad-kernel`
 * @throws {HostError} `missing-tool`: make or the compiler
 */
export async function compileModules(
  options: ModulesToCompile,
  context: DebsContext,
): Promise<readonly CompiledModule[]> {
  const { modules, arch, kernel, temporaryFolder, step } = options;
  const names = namesOf(kernel);
  const compiler = compilers[arch];
  if (!compiler) {
    throw new PackageError('bad-kernel', `modules can be compiled for arm64, not for ${arch}`, {
      kind: 'input',
      at: modules[0]?.at,
    });
  }
  const headers = await unpackHeaders(names, options, context);
  const build = path.join(temporaryFolder, 'module');
  await mkdir(build);
  await unpackSources(names, build, options, context);
  const objects = modules.map((module) => `${path.basename(module.path)}.o`).join(' ');
  await writeFile(path.join(build, 'Makefile'), `obj-m := ${objects}\n`);
  step.detail('compiling modules');
  const gcc = process.arch === arch ? 'gcc' : compiler.gcc;
  await runTool('make', [
    ...['-C', headers, `M=${build}`, `ARCH=${compiler.make}`],
    ...[`CC=${gcc}`, `CROSS_COMPILE=${gcc.replace(/gcc$/, '')}`],
    // Without debugging information and paths, the same source gives the same bytes.
    ...[`KCFLAGS=-g0 -ffile-prefix-map=${temporaryFolder}=.`, 'KBUILD_BUILD_TIMESTAMP=@0', 'modules'],
  ]);
  return modules.map((module) => ({
    path: `kernel/${module.path}.ko`,
    file: path.join(build, `${path.basename(module.path)}.ko`),
  }));
}

/** `linux-image-6.1.0-56-arm64` has the names of its headers and of its source in its own. */
function namesOf({ package: { name } }: StoredDeb): Names {
  const [, release = '', abi = '', series] =
    /^linux-image-(((\d+\.\d+)\.[^-]+-\d+)-.+?)(?:-unsigned)?$/.exec(name) ?? [];
  if (series !== undefined) return { release, abi, series };
  throw new PackageError('bad-kernel', `there are no headers for the kernel package ${name}`, { kind: 'input' });
}

async function fetch(
  names: readonly string[],
  arch: Architecture,
  { modules, step }: ModulesToCompile,
  context: DebsContext,
): Promise<readonly StoredDeb[]> {
  const wanted = names.flatMap((name): readonly WantedPackage[] =>
    modules.slice(0, 1).map(({ at }) => ({ name, metapackage: false, at })),
  );
  return fetchDebs(wanted, arch, step, context);
}

/** Makes a build folder out of the headers, and programs for the host; gives its path. */
async function unpackHeaders(
  { release, abi, series }: Names,
  options: ModulesToCompile,
  context: DebsContext,
): Promise<string> {
  const { arch, temporaryFolder, step } = options;
  const host = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const debs = [
    ...(await fetch([`linux-headers-${release}`, `linux-headers-${abi}-common`], arch, options, context)),
    ...(await fetch([`linux-kbuild-${series}`], host, options, context)),
  ];
  step.detail('unpacking kernel headers');
  const root = path.join(temporaryFolder, 'headers');
  for (const { file } of debs) await unpackDeb(file, root);
  const headers = path.join(root, 'usr/src', `linux-headers-${release}`);
  const makefile = path.join(headers, 'Makefile');
  await writeFile(
    makefile,
    (await readFile(makefile, 'utf8')).replace('include /usr/src/', `include ${root}/usr/src/`),
  );
  return headers;
}

/** Takes the modules' files out of the archive of the kernel's whole source. */
async function unpackSources(
  { series }: Names,
  folder: string,
  options: ModulesToCompile,
  context: DebsContext,
): Promise<void> {
  const { modules, step } = options;
  const [source] = await fetch([`linux-source-${series}`], options.arch, options, context);
  const missing = new Map(modules.map((module) => [`${module.path}.c`, module]));
  if (!source) return;
  step.detail('looking for the modules in the kernel source');
  await readDeb(source.file, async (member, content) => {
    if (!/\/linux-source-[\d.]+\.tar\.xz$/.test(member.path)) return;
    for await (const { entry, content: text } of readTar(decompress(content))) {
      const name = entry.path.replace(/^[^/]+\//, '');
      if (missing.size === 0) break;
      if (!missing.delete(name)) continue;
      const chunks: Buffer[] = [];
      for await (const chunk of text) chunks.push(chunk);
      await writeFile(path.join(folder, path.basename(name)), Buffer.concat(chunks));
    }
  });
  for (const [name, { at }] of missing) {
    throw new PackageError('bad-kernel', `the source of Linux ${series} has no file ${name}`, { kind: 'input', at });
  }
}
