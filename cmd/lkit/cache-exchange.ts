import { createReadStream, createWriteStream } from 'node:fs';
import { realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Command, Option } from 'commander';
import { isErrno, LkitError } from '../../pkg/errors/index.ts';
import type { ExportedImage, ImportedImage, ImportOptions } from '../../pkg/exchange/index.ts';
import type { Lock } from '../../pkg/lock/index.ts';
import type { Store } from '../../pkg/store/index.ts';
import { hostArchitecture } from './arch.ts';
import { type GlobalFlags, globalFlags, imageOptions, openStore, reporterFor } from './context.ts';
import { abortOnInterrupt } from './interrupt.ts';
import { saveMemory } from './memory.ts';
import { addLimitFlag } from './numbers.ts';

const exportFormats = ['oci', 'docker', 'files'] as const;

interface ExportFlags {
  readonly output: string;
  readonly format: (typeof exportFormats)[number];
  readonly lock?: string;
  readonly name?: string;
}

export function exportCommand(): Command {
  return addLimitFlag(new Command('export'))
    .description('write images to a file')
    .argument('[image...]', 'names as `lkit cache ls` prints them, or digests, or the first digits of one')
    .requiredOption('-o, --output <file>', 'where to write to; - for standard output')
    .addOption(new Option('--format <format>', 'what to write').choices(exportFormats).default('oci'))
    .option('--lock <file>', 'all images of a lock file, for `lkit build --locked` on another machine')
    .option('--name <name>', 'what to call the image in the file (default: as the store does)')
    .addHelpText(
      'after',
      `
Formats:
  oci      OCI archive: lkit cache import, skopeo, podman load, docker load
  docker   what docker save writes: docker load, podman load, skopeo
  files    the file tree of one image, as a tar

The same images make the same bytes.

Examples:
  lkit cache export alpine:3.20 -o alpine.tar
  lkit cache export --format docker alpine:3.20 -o - | docker load
  lkit cache export --format files pkg:getty -o - | tar -tv
  lkit cache export --lock demo.lock.json -o demo.tar`,
    )
    .action(async (names: readonly string[], flags: ExportFlags, command: Command) => {
      const store = await openStore(globalFlags(command));
      const images =
        flags.lock === undefined ? await namedImages(store, names, flags) : await lockedImages(store, flags.lock);
      if (images.length === 0) throw usage('no image is named', 'Name images, or a lock file with --lock.');
      const { dockerArchive, fileTreeTar, ociArchive } = await import('../../pkg/exchange/index.ts');
      const writers = { oci: ociArchive, docker: dockerArchive, files: fileTreeTar };
      saveMemory();
      await writeOut(writers[flags.format](store, images), flags.output);
    });
}

async function namedImages(store: Store, texts: readonly string[], { name }: ExportFlags): Promise<ExportedImage[]> {
  const { checkRef, describeManifest, findImages } = await import('../../pkg/store/index.ts');
  if (name !== undefined) checkRef(name);
  const found = (await Promise.all(texts.map((text) => findImages(store, text)))).flat();
  if (name !== undefined && found.length > 1) throw usage(`--name is for one image, not for ${found.length}`);
  const images = new Map(found.map((each) => [each.digest, each]));
  return Promise.all(
    [...images.values()].map(async ({ digest, names }) => ({
      image: await store.image(await describeManifest(store, digest)),
      names: name === undefined ? names : [name],
    })),
  );
}

async function lockedImages(store: Store, file: string): Promise<ExportedImage[]> {
  const { readLock } = await import('../../pkg/lock/index.ts');
  const { indexesOf, namesOf, takeInventory } = await import('../../pkg/store/index.ts');
  const lock: Lock = await readLock(file);
  const inventory = await takeInventory(store);
  const indexes = indexesOf(inventory);
  const images = new Map(lock.images.map((each) => [each.digest, each]));
  return Promise.all(
    [...images.values()].map(async ({ image, mediaType, digest, size }) => ({
      image: await store.image({ mediaType, digest, size }).catch((cause: unknown) => {
        throw new LkitError('not-in-store', `${image}, which ${file} locks, is not in the store`, {
          hint: `Get it with: lkit build --locked ${file} …`,
          cause,
        });
      }),
      names: namesOf(inventory, digest, indexes),
    })),
  );
}

/**
 * Writes aside, then renames: a file that is not whole never has the name. Devices and pipes are written to as they are;
 * a rename would put a file in their place.
 */
async function writeOut(content: AsyncIterable<Buffer>, output: string): Promise<void> {
  if (output === '-') {
    if (process.stdout.isTTY)
      throw usage('an archive is not for a terminal', 'Name a file, or send it through a pipe.');
    await pipeline(content, process.stdout, { end: false });
    return;
  }
  const there = await stat(output).catch(() => undefined);
  if (there !== undefined && !there.isFile()) {
    await abortOnInterrupt((signal) => pipeline(content, createWriteStream(output), { signal }));
    return;
  }
  // Through a symlink, the file that it names is the one to replace.
  const target = there === undefined ? output : await realpath(output);
  const aside = path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}.tmp`);
  try {
    await abortOnInterrupt((signal) => pipeline(content, createWriteStream(aside), { signal }));
    await rename(aside, target);
  } catch (error) {
    await rm(aside, { force: true });
    if (isErrno(error) && error.path === aside) error.path = output;
    throw error;
  }
}

export function importCommand(): Command {
  return addLimitFlag(new Command('import'))
    .description('read images from an archive')
    .argument('<file>', 'an OCI archive, or what docker save writes, compressed or not; - for standard input')
    .addHelpText(
      'after',
      `
Examples:
  lkit cache import demo.tar
  docker save alpine:3.20 -o alpine.tar && lkit cache import alpine.tar
  ssh build lkit cache export --lock demo.lock.json -o - | lkit cache import -`,
    )
    .action(async (file: string, _flags: unknown, command: Command) => {
      const all = globalFlags(command);
      const reporter = reporterFor(all);
      const step = reporter.step(`import ${file === '-' ? 'standard input' : path.basename(file)}`);
      try {
        const imported = await abortOnInterrupt((signal) =>
          importFile(all, file, {
            file: file === '-' ? 'standard input' : file,
            progress: (bytes) => {
              step.progress(bytes);
            },
            signal,
          }),
        );
        step.end('done');
        for (const { name, architecture, descriptor } of imported) {
          console.log([name, architecture, descriptor.digest].filter((each) => each !== undefined).join(' '));
        }
      } catch (error) {
        step.fail();
        throw error;
      }
    });
}

async function importFile(all: GlobalFlags, file: string, options: ImportOptions): Promise<readonly ImportedImage[]> {
  const { importOciArchive } = await import('../../pkg/exchange/index.ts');
  const images = { ...(await imageOptions(all)), arch: hostArchitecture() };
  if (file !== '-' && (await stat(file).catch(() => undefined))?.isDirectory() === true) {
    throw usage(`${file} is a folder, not an archive`, `If it is an image layout: lkit cache pull oci:${file}`);
  }
  const source = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1 << 18 });
  const imported = await importOciArchive(images.store, source as AsyncIterable<Buffer>, options);
  if (imported.kind === 'images') return imported.images;
  if (file === '-') throw usage('this form of docker save has to be read twice', 'Name a file instead of a pipe.');
  const { importDockerSave } = await import('../../pkg/build/index.ts');
  return importDockerSave(file, imported.tags, images);
}

function usage(message: string, hint?: string): LkitError {
  return new LkitError('usage', message, { kind: 'input', hint });
}
