import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { decompress, gzip, gzipVersion, type Member, writeCpio } from '../archive/index.ts';
import { labels, type StoredImage } from '../image/index.ts';
import { KernelError, moduleNameOf, readModulesTar } from '../kernel/index.ts';
import type { Plan } from '../plan/index.ts';
import { imageTree, type Store } from '../store/index.ts';
import { OutputError } from './aside.ts';
import { busyboxPath } from './busybox.ts';
import { type PackingContext, reported } from './context.ts';
import { directory, each, file, link, readWhole } from './members.ts';
import { type SizedFile, sizedFile } from './sized-file.ts';

const version = 5;

/** Level 9 takes three times as long, for two kilobytes less. */
const gzipLevel = 6;

/** What an init image has for the initramfs's `/init`: for a packed system, and for a root on a disk of its own. */
export type EarlyScript = 'stage0' | 'disk-root';

/** The layer below images that share stage-0's busybox. */
const base = 'lkit/base';

/** The modules that stage-0 loads, in order, and the tar file of the store that has them. */
export interface Stage0Modules {
  readonly tar: string;
  readonly release: string;
  readonly files: readonly string[];
}

/**
 * The init image that has a stage-0; of several, the last.
 *
 * @throws {OutputError} `no-packed-init`
 */
export function stage0Of({ init }: Plan): StoredImage {
  const last = init.findLast(({ image }) => image.config.config?.Labels?.[labels.init] === 'packed');
  if (last === undefined) throw new OutputError('no-packed-init', 'no init image has a stage-0');
  return last.image;
}

/**
 * Stage-0 as a cpio archive of its own in the store, compressed with what every kernel can read: a static busybox, the
 * script that mounts the images, or a disk, and the kernel modules that it needs for that.
 *
 * @throws {OutputError} `no-packed-init`
 * @throws {KernelError} `cannot-mount`
 */
export function packStage0(
  context: PackingContext,
  image: StoredImage,
  modules: Stage0Modules | undefined,
  script: EarlyScript = 'stage0',
): Promise<SizedFile> {
  const { store } = context;
  const inputs = {
    script,
    image: image.descriptor.digest,
    modules: modules?.tar ?? '',
    files: modules?.files.join(' ') ?? '',
    gzipVersion,
  };
  return context.run(async (signal) => {
    const { path } = await reported(context, 'pack stage-0', () =>
      store.derived({ kind: 'stage0', version, inputs }, async (target) => {
        const members = [...fixedMembers(await readParts(store, image, script)), ...(await moduleMembers(modules))];
        await pipeline(gzip(writeCpio(each(members)), gzipLevel), createWriteStream(target), { signal });
      }),
    );
    return sizedFile(path);
  });
}

interface EarlyParts {
  readonly script: Buffer;
  readonly busybox: Buffer;
}

function fixedMembers({ script, busybox }: EarlyParts): readonly Member[] {
  const below = ['images', 'mnt', 'modules', 'none'].map((name) => `lkit/${name}`);
  const folders = ['bin', 'dev', 'lkit', ...below, base, `${base}/bin`, 'newroot', 'proc', 'run', 'sys'];
  return [
    ...folders.map((name) => directory(name, 0o755)),
    file(`${base}/${busyboxPath}`, 0o755, busybox),
    link('bin/busybox', `/${base}/${busyboxPath}`),
    link('bin/sh', 'busybox'),
    file('init', 0o755, script),
  ];
}

async function readParts(store: Store, image: StoredImage, script: EarlyScript): Promise<EarlyParts> {
  const scriptPath = `usr/lib/lkit/${script}`;
  const found = new Map<string, Buffer>();
  for await (const { entry, content } of imageTree(store, image)) {
    if (entry.path === scriptPath || entry.path === busyboxPath) found.set(entry.path, await readWhole(content));
  }
  const part = (name: string): Buffer => {
    const content = found.get(name);
    if (content !== undefined) return content;
    throw new OutputError('no-packed-init', `the init image has the label ${labels.init}=packed, but no /${name}`);
  };
  return { script: part(scriptPath), busybox: part(busyboxPath) };
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
  return modules.files.map((name, index) => {
    const content = contents.get(name);
    if (content === undefined) throw missingModule(name, modules.release);
    return file(`lkit/modules/${String(index).padStart(2, '0')}-${moduleNameOf(name)}.ko`, 0o644, content);
  });
}

/** Its system would stop at boot. */
function missingModule(name: string, release: string): KernelError {
  const message = `the kernel (${release}) cannot mount the system: its modules.dep lists ${name}, which its image lacks`;
  return new KernelError('cannot-mount', message, {
    kind: 'input',
    hint: 'Make the kernel image anew with all its modules; --layout flat needs none of them.',
  });
}
