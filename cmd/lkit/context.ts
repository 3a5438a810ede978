import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import type { ImageOptions } from '../../pkg/build/index.ts';
import type { Limits } from '../../pkg/image/index.ts';
import { installFolder } from '../../pkg/host/install-folder.ts';
import { createReporter, type Reporter } from '../../pkg/report/index.ts';
import { defaultStoreDirectory } from '../../pkg/store/directory.ts';
import type { Store } from '../../pkg/store/index.ts';
import { type RegistryFlags, registryOptions } from './image-flags.ts';
import { saveMemory } from './memory.ts';
import { parseEpoch } from './numbers.ts';

/** The flags that every command has. */
export interface GlobalFlags {
  readonly cache?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  /** Of commands that read images: `--limit`. */
  readonly limit?: Partial<Limits>;
}

export const installDir = installFolder(import.meta.dirname);

export function lkitVersion(): string {
  const text = readFileSync(path.join(installDir, 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

/** The flags of `command` and of the commands above it. */
export function globalFlags(command: Command): GlobalFlags {
  return command.optsWithGlobals<GlobalFlags>();
}

/** Progress and messages go to standard error, so that standard output stays free for results. */
export function reporterFor(flags: GlobalFlags, stream: NodeJS.WriteStream = process.stderr): Reporter {
  return createReporter({
    stream,
    live: stream.isTTY && process.env['TERM'] !== 'dumb',
    level: flags.quiet === true ? 'quiet' : flags.verbose === true ? 'verbose' : 'normal',
    now: () => performance.now(),
  });
}

/** The folder of the store: `--cache`, or what the environment says. */
export function storeDirectory(flags: GlobalFlags): string {
  return flags.cache === undefined ? defaultStoreDirectory(process.env, homedir()) : path.resolve(flags.cache);
}

/** The store, made where there is none. */
export async function openStore(flags: GlobalFlags): Promise<Store> {
  const { Store } = await import('../../pkg/store/index.ts');
  return await Store.open(storeDirectory(flags), { limits: flags.limit ?? {}, onMake: saveMemory });
}

/** What getting images takes, apart from the images' names. */
export async function imageOptions(flags: GlobalFlags & RegistryFlags): Promise<Omit<ImageOptions, 'arch'>> {
  const { engineProvider } = await import('../../pkg/engine/provider.ts');
  return {
    store: await openStore(flags),
    packagesDir: path.join(installDir, 'images'),
    reporter: reporterFor(flags),
    registry: await registryOptions(flags, lkitVersion()),
    engine: engineProvider(process.env),
    mirror: process.env['LKIT_DEBIAN_MIRROR'],
    debianImage: process.env['LKIT_DEBIAN_IMAGE'],
    sourceDateEpoch: parseEpoch(process.env['SOURCE_DATE_EPOCH']),
  };
}
