import type { Command } from 'commander';
import type { AuthoringContext, ConfigChanges } from '../../pkg/authoring/index.ts';
import type { Platform, StoredImage } from '../../pkg/image/index.ts';
import { splitWords } from '../../pkg/host/words.ts';
import { LkitError } from '../../pkg/errors/index.ts';
import { hostArchitecture } from './arch.ts';
import { type GlobalFlags, globalFlags, imageOptions } from './context.ts';
import { addImageFlags, type ImageFlags, pullOptions, type RegistryFlags } from './image-flags.ts';
import { abortOnInterrupt } from './interrupt.ts';

/** Everything that a configuration can say. */
export interface ConfigFlags extends RegistryFlags {
  readonly author?: string;
  readonly entrypoint?: string;
  readonly cmd?: string;
  readonly workdir?: string;
  readonly env?: readonly string[];
  readonly user?: string;
  readonly expose?: readonly string[];
  readonly volume?: readonly string[];
  readonly stopSignal?: string;
  readonly label?: readonly string[];
  readonly annotation?: readonly string[];
  readonly force?: boolean;
}

export function addConfigFlags(command: Command): Command {
  return command
    .option('--author <text>', 'who made the image')
    .option('--entrypoint <words>', 'program and arguments, quoted as for a shell')
    .option('--cmd <words>', 'arguments that a user may replace')
    .option('--workdir <path>', 'working directory')
    .option('--env <name=value>', 'an environment variable; repeatable', append)
    .option('--user <user>', '1000, 1000:1000, nobody')
    .option('--expose <port>', '80, 53/udp; repeatable', append)
    .option('--volume <path>', 'a folder for data; repeatable', append)
    .option('--stop-signal <signal>', 'what ends the program: SIGTERM, 15')
    .option('--label <name=value>', 'of the configuration; repeatable', append)
    .option('--annotation <name=value>', 'of the manifest; repeatable', append)
    .option('--force', 'write over what is there');
}

export function append(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

export function configChanges(
  flags: ConfigFlags,
): ConfigChanges & { readonly annotations?: readonly string[] | undefined } {
  const { author, workdir, env, user, expose, volume, stopSignal, label, annotation } = flags;
  return {
    ...{ author, workdir, env, user, stopSignal },
    ports: expose,
    volumes: volume,
    labels: label,
    annotations: annotation,
    entrypoint: words('--entrypoint', flags.entrypoint),
    cmd: words('--cmd', flags.cmd),
  };
}

function words(flag: string, text: string | undefined): readonly string[] | undefined {
  const split = text === undefined ? undefined : splitWords(text);
  if (text !== undefined && split === undefined) {
    throw new LkitError('usage', `a quotation mark is never closed in ${flag}`, { kind: 'input' });
  }
  return split;
}

export async function authoringContext(all: GlobalFlags): Promise<AuthoringContext> {
  const { store, reporter, sourceDateEpoch } = await imageOptions(all);
  return { store, reporter, created: sourceDateEpoch ?? 0, user: currentUser() };
}

export function currentUser(): AuthoringContext['user'] {
  return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}

export interface SourceFlags extends ImageFlags {
  readonly arch?: Platform;
}

export function addSourceFlags(command: Command): Command {
  return addImageFlags(command).option(
    '--arch <platform>',
    'which image of several: arm64, arm/v7, 386 (default: this host’s, or the only one)',
    parsePlatform,
  );
}

const kernelNames: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64', i386: '386' };

/** `linux/arm/v7`, `arm64`, or what the kernel calls it. */
export function parsePlatform(text: string): Platform {
  const [first = '', variant, ...more] = text.replace(/^linux\//, '').split('/');
  const architecture = kernelNames[first] ?? first;
  const isName = (word: string): boolean => /^[a-z0-9]+$/.test(word);
  if (
    isName(architecture) &&
    architecture !== 'linux' &&
    (variant === undefined || isName(variant)) &&
    more.length === 0
  ) {
    return { os: 'linux', architecture, ...(variant !== undefined && { variant }) };
  }
  throw new LkitError('usage', `"${text}" is not a platform`, {
    kind: 'input',
    hint: 'Examples: linux/amd64, linux/arm/v7, arm64.',
  });
}

/** Gets an image by its name, as a build would. */
export async function getImage(text: string, flags: SourceFlags, command: Command): Promise<StoredImage> {
  const { getImages } = await import('../../pkg/build/index.ts');
  const options = { ...(await imageOptions({ ...globalFlags(command), ...flags })), ...pullOptions(flags) };
  const { arch } = flags;
  const wanted =
    arch === undefined
      ? { arch: hostArchitecture(), orOnly: true }
      : { arch: [arch.architecture, ...(arch.variant === undefined ? [] : [arch.variant])].join('/') };
  const [got] = await abortOnInterrupt((signal) => getImages([text], process.cwd(), { ...options, ...wanted, signal }));
  if (got === undefined) throw new Error(`nothing was got for ${text}`);
  return got.image;
}

/** Writes the image that `make` makes, and prints its digest. The target is looked at first: making may take a while. */
export async function writeTo(
  text: string,
  flags: RegistryFlags & { readonly force?: boolean },
  command: Command,
  make: () => Promise<StoredImage>,
): Promise<void> {
  const { parseTarget, writeImage } = await import('../../pkg/authoring/index.ts');
  const target = parseTarget(text);
  const { store, reporter, engine, registry } = await imageOptions({ ...globalFlags(command), ...flags });
  const { engineProvider } = await import('../../pkg/engine/provider.ts');
  const image = await make();
  const context = {
    store,
    reporter,
    engine: engine ?? engineProvider(process.env),
    registry,
    force: flags.force === true,
  };
  await abortOnInterrupt((signal) => writeImage(image, target, { ...context, signal }));
  process.stdout.write(`${text} ${image.descriptor.digest}\n`);
}
