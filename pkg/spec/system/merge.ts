import type { LoadedFile } from '../problem.ts';
import type { ImageSpec, KernelSpec, Spec } from '../types.ts';
import { child, items, toPlain, type Tree } from '../yaml/tree.ts';
import { mergeHardware } from './hardware.ts';
import { SystemReader } from './read.ts';
import type { WrittenKernel, WrittenSystem } from './written.ts';

interface Part {
  readonly written: WrittenSystem;
  readonly reader: SystemReader;
  readonly root: Tree | undefined;
}

type ListKey = Exclude<keyof WrittenSystem, 'kernel' | 'hardware'>;

/**
 * One specification out of validated files, with LinuxKit's meaning: lists are concatenated in order, and of the kernel
 * each key of a later file replaces the earlier one; `kernel.modules` is a list like the others.
 */
export function mergeFiles(files: readonly LoadedFile[]): Spec {
  const parts = files.map((file) => ({
    written: (file.root === undefined ? {} : toPlain(file.root)) as WrittenSystem,
    reader: new SystemReader(file),
    root: file.root,
  }));
  const concat = <Key extends ListKey, Made>(
    key: Key,
    make: (reader: SystemReader, item: NonNullable<WrittenSystem[Key]>[number], node: Tree | undefined) => Made,
  ): readonly Made[] =>
    parts.flatMap(({ written, reader }) =>
      (written[key] ?? []).map((item: NonNullable<WrittenSystem[Key]>[number], index: number) =>
        make(reader, item, reader.item(key, index)),
      ),
    );
  return {
    kernel: mergeKernels(parts),
    init: concat('init', (reader, text, node) => reader.reference(text, node)),
    onboot: concat('onboot', (reader, written, node) => reader.container(written, node)),
    onshutdown: concat('onshutdown', (reader, written, node) => reader.container(written, node)),
    services: concat('services', (reader, written, node) => reader.service(written, node)),
    files: concat('files', (reader, written, node) => reader.file(written, node)),
    volumes: concat('volumes', (reader, written, node) => reader.volume(written, node)),
    hardware: mergeHardware(files),
  };
}

function mergeKernels(parts: readonly Part[]): KernelSpec | undefined {
  let image: ImageSpec | undefined;
  const merged: { -readonly [Key in 'cmdline' | 'binary' | 'tar' | 'ucode']?: WrittenKernel[Key] } = {};
  let modules: KernelSpec['modules'];
  for (const { written, reader, root } of parts) {
    const { kernel } = written;
    if (!kernel) continue;
    const node = child(root, 'kernel');
    image = reader.image(kernel, node) ?? image;
    // As in LinuxKit, an empty command line or binary does not replace one, while an empty tar or ucode does.
    if (kernel.cmdline) merged.cmdline = kernel.cmdline;
    if (kernel.binary) merged.binary = kernel.binary;
    if (kernel.tar !== undefined) merged.tar = kernel.tar;
    if (kernel.ucode !== undefined) merged.ucode = kernel.ucode;
    const nodes = items(child(node, 'modules'));
    if (kernel.modules)
      modules = [...(modules ?? []), ...kernel.modules.map((text, index) => reader.module(text, nodes[index]))];
  }
  if (!image) return undefined;
  const { cmdline = '', binary = 'kernel', tar = 'kernel.tar', ucode = '' } = merged;
  return {
    image,
    cmdline,
    binary,
    tar: tar === '' || tar === 'none' ? undefined : tar,
    ucode: ucode === '' ? undefined : ucode,
    modules,
  };
}
