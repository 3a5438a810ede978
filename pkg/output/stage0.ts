import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { decompress, type Member, writeCpio } from '../archive/index.ts';
import { labels, type StoredImage } from '../image/index.ts';
import { moduleNameOf, readModulesTar } from '../kernel/index.ts';
import { imageTree, type Store } from '../store/index.ts';
import { OutputError } from './aside.ts';
import { directory, each, file, link, readWhole } from './members.ts';

const version = 1;

/** Where an init image keeps what becomes the initramfs's `/init` and `/bin/busybox`. */
const parts = { script: 'usr/lib/lkit/stage0', busybox: 'bin/busybox' } as const;

/** The modules that stage-0 loads, in order, and the tar file of the store that has them. */
export interface Stage0Modules {
  readonly tar: string;
  readonly release: string;
  readonly files: readonly string[];
}

/**
 * Stage-0 as a cpio archive in the store: a static busybox, the script that mounts the images, and the kernel modules
 * that it needs for that.
 *
 * @throws {OutputError} `no-packed-init`
 */
export async function stage0Archive(
  store: Store,
  init: readonly StoredImage[],
  modules: Stage0Modules | undefined,
): Promise<string> {
  const image = init.findLast(({ config }) => config.config?.Labels?.[labels.init] === 'packed');
  if (image === undefined) throw new OutputError('no-packed-init', 'no init image has a stage-0');
  const inputs = { image: image.descriptor.digest, modules: modules?.tar ?? '', files: modules?.files.join(' ') ?? '' };
  const derived = await store.derived({ kind: 'stage0', version, inputs }, async (target) => {
    const members = [...fixedMembers(await readParts(store, image)), ...(await moduleMembers(modules))];
    await pipeline(writeCpio(each(members)), createWriteStream(target));
  });
  return derived.path;
}

function fixedMembers({ script, busybox }: Readonly<Record<keyof typeof parts, Buffer>>): readonly Member[] {
  const folders = ['bin', 'dev', 'lkit', 'lkit/images', 'lkit/mnt', 'lkit/modules', 'newroot', 'proc', 'run', 'sys'];
  return [
    ...folders.map((name) => directory(name, 0o755)),
    file('bin/busybox', 0o755, busybox),
    link('bin/sh', 'busybox'),
    file('init', 0o755, script),
  ];
}

async function readParts(store: Store, image: StoredImage): Promise<Record<keyof typeof parts, Buffer>> {
  const found = new Map<string, Buffer>();
  for await (const { entry, content } of imageTree(store, image)) {
    if (entry.path === parts.script || entry.path === parts.busybox) found.set(entry.path, await readWhole(content));
  }
  const part = (name: string): Buffer => {
    const content = found.get(name);
    if (content !== undefined) return content;
    throw new OutputError('no-packed-init', `the init image has the label ${labels.init}=packed, but no /${name}`);
  };
  return { script: part(parts.script), busybox: part(parts.busybox) };
}

async function moduleMembers(modules: Stage0Modules | undefined): Promise<readonly Member[]> {
  if (modules === undefined) return [];
  const contents = new Map<string, Buffer>();
  const root = `lib/modules/${modules.release}/`;
  for await (const { entry, content } of readModulesTar(modules.tar)) {
    // busybox's insmod wants them uncompressed.
    if (entry.path.startsWith(root) && modules.files.includes(entry.path.slice(root.length))) {
      contents.set(entry.path.slice(root.length), await readWhole(decompress(content)));
    }
  }
  return modules.files.map((name, index) =>
    file(
      `lkit/modules/${String(index).padStart(2, '0')}-${moduleNameOf(name)}.ko`,
      0o644,
      contents.get(name) ?? Buffer.alloc(0),
    ),
  );
}
