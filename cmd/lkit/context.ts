import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { ImageOptions } from '../../pkg/build/index.ts';
import { createReporter, type Reporter } from '../../pkg/report/index.ts';
import { defaultStoreDirectory } from '../../pkg/store/directory.ts';

/** The flags that every command has. */
export interface GlobalFlags {
  readonly cache?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** The folder of lkit's own files: `images/`, `schemas/`, `package.json`. It is two or three levels up, compiled or not. */
export const installDir = findInstallDir(path.dirname(fileURLToPath(import.meta.url)));

function findInstallDir(from: string): string {
  const candidate = path.resolve(from, '../..');
  return path.basename(candidate) === 'dist' ? path.dirname(candidate) : candidate;
}

export function lkitVersion(): string {
  const text = readFileSync(path.join(installDir, 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

/** The flags of `command` and of the commands above it. */
export function globalFlags(command: Command): GlobalFlags {
  return command.optsWithGlobals<GlobalFlags>();
}

/** Progress and messages go to standard error, so that standard output stays free for results. */
export function reporterFor(flags: GlobalFlags): Reporter {
  const stream = process.stderr;
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

/** What getting images takes, apart from the images' names. */
export async function imageOptions(flags: GlobalFlags): Promise<Omit<ImageOptions, 'arch'>> {
  const { Store } = await import('../../pkg/store/index.ts');
  const epoch = process.env['SOURCE_DATE_EPOCH'];
  return {
    store: await Store.open(storeDirectory(flags)),
    packagesDir: path.join(installDir, 'images'),
    reporter: reporterFor(flags),
    mirror: process.env['LKIT_DEBIAN_MIRROR'],
    debianImage: process.env['LKIT_DEBIAN_IMAGE'],
    sourceDateEpoch: epoch === undefined || epoch === '' ? undefined : Number(epoch),
  };
}
