import { copyFile, mkdir, readdir, readFile, rename, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { contentOf, decompress, writeHostFile } from '../archive/index.ts';
import { runTool } from '../host/index.ts';
import type { Architecture } from '../image/index.ts';
import {
  moduleClosure,
  type ModuleIndex,
  parseModuleIndex,
  smallTarFiles,
  smallTarOf,
  type WantedModule as WantedName,
} from '../kernel/index.ts';
import type { Step } from '../report/index.ts';
import { unpackDeb } from './deb.ts';
import type { DebsContext, StoredDeb } from './debs.ts';
import { hasNote } from './elf.ts';
import { PackageError } from './error.ts';
import { withFileBytes } from './file-bytes.ts';
import { listFolder } from './folder.ts';
import { findPayload } from './kernel-image.ts';
import { compileModules } from './kernel-modules.ts';
import { tarContent } from './layer.ts';
import type { WantedModule } from './recipe.ts';
import { fileContent, type TreeContent, type TreeNode } from './tree.ts';

export interface KernelOptions {
  /** An empty folder that lasts until the layer is written. */
  readonly temporaryFolder: string;
  /** Seconds since 1970, for the files in the archive of modules. */
  readonly mtime: number;
  readonly step: Step;
  /** What most systems take of the modules. @default no archive of those */
  readonly usual?: readonly WantedName[] | undefined;
  /** Modules that the package lacks. @default none */
  readonly compiled?: {
    readonly modules: readonly WantedModule[];
    readonly arch: Architecture;
    readonly context: DebsContext;
  };
}

/** Of the note that says where to enter a kernel as a PVH guest (https://xenbits.xen.org/docs/unstable/misc/pvh.html). */
const physicalEntryNote = 18;

const raspberryPiTree = /^bcm2[78]\d\d-rpi-.*\.dtb$/;

/**
 * The files of a kernel image out of a linux-image package: `kernel`, `vmlinux` where the kernel is a compressed ELF
 * file that a virtual machine can start directly (decompression at boot takes longer than the rest of the kernel's
 * start), `kernel.tar` with the modules and depmod's indexes of them, `kernel-small.tar` with the usual ones, and
 * `dtb/broadcom/` with the device trees of the Raspberry Pi, which has no firmware to bring its own.
 *
 * @throws {PackageError} `bad-kernel`, `bad-deb`
 */
export async function kernelFiles(debs: readonly StoredDeb[], options: KernelOptions): Promise<readonly TreeNode[]> {
  const deb = debs.find(({ package: { name } }) => name.startsWith('linux-image-'));
  if (!deb) {
    throw new PackageError('bad-kernel', 'a kernel recipe needs a linux-image package', {
      kind: 'input',
      hint: 'List {metapackage: linux-image-amd64} or the like under packages.',
    });
  }
  const { temporaryFolder, step } = options;
  step.detail(`unpacking ${deb.package.name}`);
  const modules = path.join(temporaryFolder, 'modules');
  const { version, kernel, deviceTrees } = await unpack(deb, path.join(temporaryFolder, 'package'), modules);
  await addCompiled(deb, path.join(modules, 'lib/modules', version), options);
  // The one is bound by decompression, the other by reading modules: side by side they take two cores.
  const [vmlinux, archives] = await Promise.all([
    extractVmlinux(kernel, path.join(temporaryFolder, 'vmlinux')),
    archiveModules(version, modules, options),
  ]);
  return [
    node('kernel', await contentOfFile(kernel)),
    ...(vmlinux === undefined ? [] : [node('vmlinux', await contentOfFile(vmlinux))]),
    ...archives,
    ...deviceTrees,
  ];
}

function node(name: string, content: TreeContent): TreeNode {
  return { path: name, type: 'file', mode: 0o644, uid: 0, gid: 0, content };
}

async function contentOfFile(file: string): Promise<TreeContent> {
  return fileContent(file, (await stat(file)).size);
}

interface Unpacked {
  readonly version: string;
  /** Path of the kernel's file. */
  readonly kernel: string;
  readonly deviceTrees: readonly TreeNode[];
}

/** Unpacks the package to a folder, and its modules to `modules`: depmod needs them as files. */
async function unpack({ package: { name }, file }: StoredDeb, folder: string, modules: string): Promise<Unpacked> {
  await unpackDeb(file, folder);
  const kernel = (await namesIn(path.join(folder, 'boot'))).find((each) => /^vmlinu[xz]-./.test(each));
  if (kernel === undefined) throw new PackageError('bad-kernel', `${name} has no kernel in /boot`);
  const version = kernel.replace(/^.*?-/, '');
  await mkdir(path.join(modules, 'lib/modules', version), { recursive: true });
  const deviceTrees: TreeNode[] = [];
  // Debian moves the one to the other.
  for (const lib of ['lib', 'usr/lib'].map((each) => path.join(folder, each))) {
    if ((await namesIn(path.join(lib, 'modules'))).includes(version)) {
      await rename(path.join(lib, 'modules', version), path.join(modules, 'lib/modules', version));
    }
    const trees = path.join(lib, `linux-image-${version}`, 'broadcom');
    for (const tree of (await namesIn(trees)).filter((each) => raspberryPiTree.test(each))) {
      deviceTrees.push(node(`dtb/broadcom/${tree}`, await contentOfFile(path.join(trees, tree))));
    }
  }
  return { version, kernel: path.join(folder, 'boot', kernel), deviceTrees };
}

/** None where there is no such folder. */
async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

/** Compiles what the package lacks into its tree of modules. */
async function addCompiled(kernel: StoredDeb, tree: string, options: KernelOptions): Promise<void> {
  const { compiled, step } = options;
  if (compiled === undefined || compiled.modules.length === 0) return;
  const { modules, arch, context } = compiled;
  const temporaryFolder = path.join(options.temporaryFolder, 'compile');
  await mkdir(temporaryFolder);
  for (const { path: place, file } of await compileModules({ modules, kernel, arch, temporaryFolder, step }, context)) {
    await mkdir(path.dirname(path.join(tree, place)), { recursive: true });
    await copyFile(file, path.join(tree, place));
  }
}

/** `kernel.tar`, and beside it the small one. */
async function archiveModules(
  version: string,
  modules: string,
  { step, mtime, usual }: KernelOptions,
): Promise<readonly TreeNode[]> {
  step.detail('indexing modules');
  // Some depmods look below /usr/lib: there, they find the same folder.
  await symlink('.', path.join(modules, 'usr'));
  await runTool('depmod', ['-b', modules, version]);
  const entries = await listFolder(path.join(modules, 'lib'));
  const nodes = entries.map(({ path: name, type, mode, size, link }): TreeNode => {
    const file = { path: `lib/${name}`, type, mode, uid: 0, gid: 0 };
    if (type === 'file') return { ...file, content: fileContent(path.join(modules, 'lib', name), size) };
    return link === undefined ? file : { ...file, link };
  });
  const lib: TreeNode = { path: 'lib', type: 'directory', mode: 0o755, uid: 0, gid: 0 };
  const all = node('kernel.tar', tarContent([lib, ...nodes], mtime));
  if (usual === undefined) return [all];
  const root = `lib/modules/${version}`;
  const index = await readIndex(version, path.join(modules, root));
  const chosen = new Set([...smallTarFiles, ...moduleClosure(index, usual)].map((name) => `${root}/${name}`));
  const some = nodes.filter(({ path: name }) => chosen.has(name));
  return [all, node(smallTarOf('kernel.tar'), tarContent(some, mtime))];
}

async function readIndex(version: string, folder: string): Promise<ModuleIndex> {
  const text = (name: string): Promise<string> => readFile(path.join(folder, name), 'utf8').catch(() => '');
  return parseModuleIndex(
    version,
    await text('modules.dep'),
    await text('modules.builtin'),
    await text('modules.softdep'),
  );
}

/** The ELF kernel, or `undefined` where there is none or a machine could not start it without a boot loader. */
async function extractVmlinux(kernel: string, vmlinux: string): Promise<string | undefined> {
  const payload = findPayload(await readFile(kernel));
  if (!payload) return undefined;
  await writeHostFile(vmlinux, decompress(contentOf(payload.bytes), payload.compression));
  const isDirect = await withFileBytes(vmlinux, (bytes) => hasNote(bytes, 'Xen', physicalEntryNote));
  return isDirect ? vmlinux : undefined;
}
