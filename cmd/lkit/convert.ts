import { existsSync, readFileSync, statSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { Command, Option } from 'commander';
import type { ConvertOptions, ImageDefaults } from '../../pkg/compose/index.ts';
import { isErrno, LkitError } from '../../pkg/errors/index.ts';
import { hostArchitecture, ociArchitecture } from './arch.ts';
import { type GlobalFlags, globalFlags, imageOptions } from './context.ts';
import { exitCodes, Reported } from './failure.ts';
import { addRegistryFlags, type RegistryFlags } from './image-flags.ts';
import { addLimitFlag } from './numbers.ts';
import { readSource } from './sources.ts';

interface ConvertFlags extends RegistryFlags {
  readonly output?: string;
  readonly force?: boolean;
  readonly runtime: 'containerd' | 'crun';
  readonly profile?: readonly string[];
  readonly envFile?: string;
  readonly pull?: boolean;
  readonly arch: string;
}

/** `lkit convert [compose.yaml]`. */
export function convertCommand(): Command {
  return addLimitFlag(addRegistryFlags(new Command('convert')))
    .description('make an lkit YAML file from a Compose file')
    .argument('[file]', 'the Compose file; - for standard input (default: compose.yaml or docker-compose.yml here)')
    .option('-o, --output <file>', 'where to write to (default: standard output)')
    .option('--force', 'write over an existing file')
    .addOption(
      new Option('--runtime <runtime>', 'what runs the services').choices(['containerd', 'crun']).default('containerd'),
    )
    .option('--profile <name>', 'start the services of this profile as well, * for all; repeatable', append)
    .option('--env-file <file>', 'variables for ${NAME} (default: .env beside the Compose file)')
    .option('--pull', 'get the images, to know their own commands and environments')
    .addOption(new Option('--arch <arch>', 'architecture of the images').default(hostArchitecture()))
    .addHelpText(
      'after',
      `
What lkit has no counterpart for, or does in another way, is listed with its place in the file.
Images that the store has are looked at: commands and environments extend theirs.

Examples:
  lkit convert -o web.yml compose.yaml && lkit build web.yml
  lkit convert --pull --profile debug > web.yml
  docker compose config | lkit convert -`,
    )
    .action(convert);
}

function append(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

async function convert(name: string | undefined, flags: ConvertFlags, command: Command): Promise<void> {
  const output = flags.output === undefined || flags.output === '-' ? undefined : path.resolve(flags.output);
  if (output !== undefined && existsSync(output) && flags.force !== true) {
    throw new LkitError('exists', `${flags.output ?? ''} is there already`, {
      kind: 'input',
      hint: 'Write over it with --force.',
    });
  }
  const { convertCompose } = await import('../../pkg/compose/index.ts');
  const { printDiagnostics } = await import('./diagnostics.ts');
  const source = await readSource(name ?? usualFile());
  const all = globalFlags(command);
  const options: ConvertOptions = {
    variables: await variables(source.baseDir, flags.envFile),
    home: homedir(),
    look,
    readText,
    imageDefaults: await imageLookup(flags, all),
    runtime: flags.runtime,
    profiles: flags.profile ?? [],
    outputDir: output === undefined ? source.baseDir : path.dirname(output),
  };
  const { yaml, diagnostics } = await convertCompose(source, options);
  const shown = all.quiet === true ? diagnostics.filter(({ severity }) => severity !== 'notice') : diagnostics;
  if (shown.length > 0) process.stderr.write(`${printDiagnostics(shown, [source], 'text')}\n`);
  if (yaml === undefined) throw new Reported(exitCodes.invalid);
  if (output === undefined) process.stdout.write(yaml);
  else await writeAside(output, yaml);
}

const usualNames = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

function usualFile(): string {
  const found = usualNames.find((each) => existsSync(each));
  if (found !== undefined) return found;
  throw new LkitError('no-compose-file', 'there is no Compose file in this folder', {
    kind: 'input',
    hint: `Name one, or call it ${usualNames[0] ?? ''}.`,
  });
}

/** The environment's own values count more than those of a file (Compose specification, 12-interpolation.md). */
async function variables(baseDir: string, envFile: string | undefined): Promise<Readonly<Record<string, string>>> {
  const { parseEnvFile } = await import('../../pkg/compose/index.ts');
  const environment = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
  const text = readText(envFile === undefined ? path.join(baseDir, '.env') : path.resolve(envFile));
  if (text === undefined && envFile !== undefined) {
    throw new LkitError('unreadable-file', `cannot read ${envFile}: there is no such file`, { kind: 'input' });
  }
  const given = parseEnvFile(text ?? '', environment).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  return { ...(Object.fromEntries(given) as Readonly<Record<string, string>>), ...environment };
}

function look(file: string): ReturnType<ConvertOptions['look']> {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats && { kind: stats.isDirectory() ? 'folder' : 'file', mode: stats.mode & 0o777 };
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** Looks images up in the store and, with `--pull`, in registries. An image that cannot be had is not known. */
async function imageLookup(flags: ConvertFlags, all: GlobalFlags): Promise<ConvertOptions['imageDefaults']> {
  const { getImages } = await import('../../pkg/build/index.ts');
  const images = await imageOptions({ ...all, ...flags });
  const options = {
    ...images,
    arch: ociArchitecture(flags.arch),
    pull: flags.pull === true ? 'missing' : 'never',
  } as const;
  return async (reference): Promise<ImageDefaults | undefined> => {
    try {
      const [got] = await getImages([reference], process.cwd(), options);
      const config = got?.image.config.config;
      return {
        entrypoint: config?.Entrypoint ?? [],
        command: config?.Cmd ?? [],
        env: config?.Env ?? [],
        user: config?.User ?? '',
      };
    } catch (error) {
      if (error instanceof LkitError && flags.pull !== true) return undefined;
      throw error;
    }
  };
}

async function writeAside(file: string, text: string): Promise<void> {
  const aside = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(aside, text);
    await rename(aside, file);
  } finally {
    await rm(aside, { force: true });
  }
}
