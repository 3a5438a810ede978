import type { StoredImage } from '../image/index.ts';
import type { Plan } from '../plan/index.ts';
import { flatFiles, packFlatSystem } from './flat.ts';
import { packedFiles } from './initrd.ts';
import { type PackContext, type PackingContext, packTogether } from './context.ts';
import type { SizedFile } from './sized-file.ts';
import { stage0Of } from './stage0.ts';
import { packSystem } from './system.ts';

/** A stretch of an initrd. */
export interface SystemPart {
  /** `root` is what `/` is made of, `tree` an image at another place, `layout` images that stay images. */
  readonly kind: 'microcode' | 'stage-0' | 'root' | 'modules' | 'tree' | 'layout' | 'files';
  /** What the user calls it. */
  readonly names: readonly string[];
  /** What it is made from. */
  readonly images: readonly StoredImage[];
  /** Bytes in the initrd. */
  readonly size: number;
  /** The file of the store that has those bytes. */
  readonly file?: string;
}

/** The parts of a system's initrd, each once, packing what is not there yet. */
export function systemParts(plan: Plan, context: PackContext): Promise<readonly SystemPart[]> {
  return packTogether(context, (packing) => {
    switch (plan.layout) {
      case 'packed':
        return packedParts(plan, packing);
      case 'flat':
        return flatParts(plan, packing);
    }
  });
}

async function packedParts(plan: Plan, context: PackingContext): Promise<readonly SystemPart[]> {
  const system = await packSystem(plan, context);
  const { init, trees, layouts } = plan;
  const kernel = kernelImages(plan);
  const origins: readonly Origin[] = [
    ...init.map(({ name, image }) => ({ kind: 'root', name, images: [image] }) as const),
    ...(system.root.length > init.length ? [{ kind: 'modules', name: 'kernel modules', images: kernel } as const] : []),
    ...treeOrigins(trees, layouts),
  ];
  const packed = [...system.root, ...system.trees.map(({ image }) => image)];
  const parts = new Map<string, SystemPart>();
  for (const [index, { id, file, size }] of packed.entries()) {
    const { kind, name, images } = origins[index] as Origin;
    const before = parts.get(id);
    parts.set(id, before ? { ...before, names: [...before.names, name] } : { kind, names: [name], images, file, size });
  }
  const stage0 = {
    kind: 'stage-0',
    names: [],
    images: [stage0Of(plan), ...kernel],
  } as const;
  return [
    ...microcodePart(system.ucode, kernel),
    ...parts.values(),
    { ...stage0, ...system.stage0 },
    { kind: 'files', names: [], images: [], size: await length(packedFiles(system)) },
  ];
}

async function flatParts(plan: Plan, context: PackingContext): Promise<readonly SystemPart[]> {
  const system = await packFlatSystem(plan, context);
  const { init, trees, layouts } = plan;
  const kernel = kernelImages(plan);
  const root: Origin = { kind: 'root', name: '/', images: [...init.map(({ image }) => image), ...kernel] };
  const origins = [root, ...treeOrigins(trees, layouts)];
  return [
    ...microcodePart(system.ucode, kernel),
    ...system.segments.map(({ file, size }, index): SystemPart => {
      const { kind, name, images } = origins[index] as Origin;
      return { kind, names: [name], images, file, size };
    }),
    { kind: 'files', names: [], images: [], size: await length(flatFiles(system)) },
  ];
}

type Origin = Pick<SystemPart, 'kind' | 'images'> & { readonly name: string };

/** In the order in which both layouts have them. */
function treeOrigins(trees: Plan['trees'], layouts: Plan['layouts']): readonly Origin[] {
  return [
    ...trees.map(({ name, image }) => ({ kind: 'tree', name, images: [image] }) as const),
    ...layouts.map(({ name, images }) => ({ kind: 'layout', name, images }) as const),
  ];
}

function kernelImages({ kernel }: Plan): readonly StoredImage[] {
  return kernel === undefined ? [] : [kernel.image];
}

function microcodePart(file: SizedFile | undefined, images: readonly StoredImage[]): readonly SystemPart[] {
  return file === undefined ? [] : [{ kind: 'microcode', names: [], images, ...file }];
}

async function length(chunks: AsyncIterable<Buffer>): Promise<number> {
  let size = 0;
  for await (const chunk of chunks) size += chunk.length;
  return size;
}
