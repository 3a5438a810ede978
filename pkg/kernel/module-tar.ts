import { readFile, writeFile } from 'node:fs/promises';
import { bytePath, decompress, type Member, readTar } from '../archive/index.ts';
import { labels, layerNames, type StoredImage } from '../image/index.ts';
import { imageFile, type Store } from '../store/index.ts';
import { type ModuleIndex, parseModuleIndex, type WantedModule } from './modules.ts';

const version = 1;

/** What is read of depmod's indexes, to choose from the modules. */
const indexFiles = ['modules.dep', 'modules.builtin', 'modules.softdep'];

/** What depmod itself reads beside the modules, to index those that are left of them (depmod.8). */
export const depmodInputs = ['modules.builtin', 'modules.builtin.modinfo', 'modules.order'];

/** What a small module tar has of the folder of a kernel's release, beside modules. */
export const smallTarFiles: readonly string[] = [...new Set([...indexFiles, ...depmodInputs])];

/** Modules that stage-0 needs before it can mount anything, in every packed system. */
export const stage0Modules: readonly WantedModule[] = ['loop', 'squashfs', 'overlay'].map((name) => ({ name }));

/** The modules that a kernel image's labels name for every system, or `undefined` for all that it has. */
export function labelledModules(all: Readonly<Record<string, string>>): readonly WantedModule[] | undefined {
  return all[labels.kernelModules]
    ?.split(/\s+/)
    .filter((name) => name !== '')
    .map((name) => ({ name }));
}

/**
 * The file of a kernel image that has the same as its module tar of what most systems take, in a fiftieth of the bytes:
 * `kernel.tar` → `kernel-small.tar`.
 */
export function smallTarOf(tar: string): string {
  return tar.replace(/(\.tar)?$/, '-small.tar');
}

/**
 * The members of the module tar inside the kernel image, their content lent (see `lendHostFile`); none where the image has
 * no such file.
 */
export async function* moduleTar(store: Store, image: StoredImage, tar: string): AsyncGenerator<Member> {
  for await (const { content } of imageFile(store, image, bytePath(tar), { lend: true })) {
    yield* readTar(decompress(content));
  }
}

/** As `moduleTar`, from the small one; none where the image does not tell that it has one. */
export async function* smallModuleTar(store: Store, image: StoredImage, tar: string): AsyncGenerator<Member> {
  const small = smallTarOf(tar);
  if (image.manifest.layers.some((layer) => layerNames(layer)?.includes(small))) yield* moduleTar(store, image, small);
}

/**
 * What the kernel image's module tar says about its modules; `undefined` where there is no such tar, or no modules in it.
 * Read from the image once, then from the store.
 */
export async function readModuleIndex(
  store: Store,
  image: StoredImage,
  tar: string | undefined,
): Promise<ModuleIndex | undefined> {
  if (tar === undefined) return undefined;
  const key = { kind: 'module-index', version, inputs: { image: image.descriptor.digest, tar } };
  const derived = await store.derived(key, async (target) => {
    const index =
      (await indexModules(smallModuleTar(store, image, tar))) ?? (await indexModules(moduleTar(store, image, tar)));
    await writeFile(target, JSON.stringify(index ?? null));
  });
  const index = JSON.parse(await readFile(derived.path, 'utf8')) as ModuleIndex | null;
  return index ?? undefined;
}

async function indexModules(members: AsyncIterable<Member>): Promise<ModuleIndex | undefined> {
  const texts = new Map<string, string>();
  let release: string | undefined;
  for await (const { entry, content } of members) {
    const [, folder, name] = /^(?:usr\/)?lib\/modules\/([^/]+)\/([^/]+)$/.exec(entry.path) ?? [];
    if (folder === undefined || name === undefined || !indexFiles.includes(name)) continue;
    release = folder;
    const chunks: Buffer[] = [];
    for await (const chunk of content) chunks.push(Buffer.from(chunk));
    texts.set(name, Buffer.concat(chunks).toString());
  }
  if (release === undefined) return undefined;
  const text = (name: string): string => texts.get(name) ?? '';
  return parseModuleIndex(release, text('modules.dep'), text('modules.builtin'), text('modules.softdep'));
}
