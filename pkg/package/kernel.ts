import { createWriteStream, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { contentOf, decompress } from '../archive/index.ts';
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
import { readDeb } from './deb.ts';
import type { DebsContext, StoredDeb } from './debs.ts';
import { hasNote } from './elf.ts';
import { PackageError } from './error.ts';
import { mergedPath } from './file-index.ts';
import { listFolder } from './folder.ts';
import { findPayload } from './kernel-image.ts';
import { compileModules } from './kernel-modules.ts';
import { tarContent } from './layer.ts';
import type { WantedModule } from './recipe.ts';
import { bytesContent, fileContent, type TreeContent, type TreeNode } from './tree.ts';

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

/** The archive with every module that there is. */
export const allModules = 'kernel.tar';

const raspberryPiTree = /^lib\/linux-image-[^/]+\/(broadcom\/bcm2[78]\d\d-rpi-[^/]+\.dtb)$/;

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
  const kernel = path.join(temporaryFolder, 'kernel');
  const modules = path.join(temporaryFolder, 'modules');
  const { version, deviceTrees } = await unpack(deb, kernel, modules);
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
  readonly deviceTrees: readonly TreeNode[];
}

/** Writes the kernel and its modules out. depmod needs the modules as files. */
async function unpack(deb: StoredDeb, kernel: string, modules: string): Promise<Unpacked> {
  let version: string | undefined;
  const deviceTrees: TreeNode[] = [];
  await readDeb(deb.file, async (member, content) => {
    const name = mergedPath(member.path);
    const deviceTree = raspberryPiTree.exec(name)?.[1];
    const image = /^boot\/vmlinu[xz]-(.+)$/.exec(name);
    if (image && member.type === 'file') {
      version = image[1];
      await pipeline(content, createWriteStream(kernel));
    } else if (deviceTree !== undefined) {
      deviceTrees.push(node(`dtb/${deviceTree}`, bytesContent(Buffer.concat(await collect(content)))));
    } else if (name.startsWith('lib/modules/')) {
      const file = path.join(modules, name);
      if (member.type === 'directory') mkdirSync(file, { recursive: true });
      else if (member.type === 'symlink') symlinkSync(member.link ?? '', file);
      else writeFileSync(file, Buffer.concat(await collect(content)));
    }
  });
  if (version === undefined) throw new PackageError('bad-kernel', `${deb.package.name} has no kernel in /boot`);
  await mkdir(path.join(modules, 'lib/modules', version), { recursive: true });
  return { version, deviceTrees };
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

async function collect(content: AsyncIterable<Buffer>): Promise<readonly Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return chunks;
}

/** `kernel.tar`, and beside it the small one. */
async function archiveModules(
  version: string,
  modules: string,
  { step, mtime, usual }: KernelOptions,
): Promise<readonly TreeNode[]> {
  step.detail('indexing modules');
  // Some depmods look below /usr/lib: there, they find the same folder.
  symlinkSync('.', path.join(modules, 'usr'));
  await runTool('depmod', ['-b', modules, version]);
  const entries = await listFolder(path.join(modules, 'lib'));
  const nodes = entries.map(({ path: name, type, mode, size, link }): TreeNode => {
    const file = { path: `lib/${name}`, type, mode, uid: 0, gid: 0 };
    if (type === 'file') return { ...file, content: fileContent(path.join(modules, 'lib', name), size) };
    return link === undefined ? file : { ...file, link };
  });
  const lib: TreeNode = { path: 'lib', type: 'directory', mode: 0o755, uid: 0, gid: 0 };
  const all = node(allModules, tarContent([lib, ...nodes], mtime));
  if (usual === undefined) return [all];
  const root = `lib/modules/${version}`;
  const index = await readIndex(version, path.join(modules, root));
  const chosen = new Set([...smallTarFiles, ...moduleClosure(index, usual)].map((name) => `${root}/${name}`));
  const some = nodes.filter(({ path: name }) => chosen.has(name));
  return [all, node(smallTarOf(allModules), tarContent(some, mtime))];
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
  await pipeline(decompress(contentOf(payload.bytes), payload.compression), createWriteStream(vmlinux));
  return hasNote(await readFile(vmlinux), 'Xen', physicalEntryNote) ? vmlinux : undefined;
}
