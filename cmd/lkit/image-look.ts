import path from 'node:path';
import { Command } from 'commander';
import type { StoredImage } from '../../pkg/image/index.ts';
import { globalFlags, openStore, reporterFor } from './context.ts';
import { exitCodes, Reported } from './failure.ts';
import { addSourceFlags, currentUser, getImage, type SourceFlags } from './image-context.ts';
import { abortOnInterrupt } from './interrupt.ts';
import { formatBytes } from '../../pkg/report/index.ts';
import { formatTable } from './table.ts';

/** The commands that change nothing: `inspect`, `unpack`, `ls`, `diff`. */
export function lookCommands(): readonly Command[] {
  return [inspectCommand(), unpackCommand(), listCommand(), diffCommand()];
}

function inspectCommand(): Command {
  return addSourceFlags(new Command('inspect'))
    .description('print what an image is: its layers, and how it runs')
    .argument('<image>', 'as a YAML file names it')
    .option('--json', 'the manifest and the configuration as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  lkit image inspect alpine:3.20\n  lkit image inspect --json oci:hello | jq .config.config',
    )
    .action(async (text: string, flags: SourceFlags & { readonly json?: boolean }, command: Command) => {
      const image = await getImage(text, flags, command);
      const { descriptor, manifest, config } = image;
      if (flags.json === true) {
        process.stdout.write(`${JSON.stringify({ digest: descriptor.digest, manifest, config }, undefined, 2)}\n`);
      } else process.stdout.write(describe(image));
    });
}

function describe({ descriptor, manifest, config }: StoredImage): string {
  const { User, ExposedPorts, Env, Entrypoint, Cmd, Volumes, WorkingDir, Labels, StopSignal } = config.config ?? {};
  const size = manifest.layers.reduce((sum, layer) => sum + layer.size, 0);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['digest', descriptor.digest],
    ['platform', [config.os, config.architecture, config.variant].filter(Boolean).join('/')],
    ['created', config.created],
    ['author', config.author],
    ['size', formatBytes(size)],
    ['entrypoint', Entrypoint ? JSON.stringify(Entrypoint) : undefined],
    ['cmd', Cmd ? JSON.stringify(Cmd) : undefined],
    ['workdir', WorkingDir],
    ['user', User],
    ['ports', ExposedPorts && Object.keys(ExposedPorts).join(' ')],
    ['volumes', Volumes ? Object.keys(Volumes).join(' ') : undefined],
    ['stop signal', StopSignal],
    ...(Env ?? []).map((each) => ['env', each] as const),
    ...Object.entries(Labels ?? {}).map(([name, value]) => ['label', `${name}=${value}`] as const),
    ...Object.entries(manifest.annotations ?? {}).map(([name, value]) => ['annotation', `${name}=${value}`] as const),
    ...manifest.layers.map((layer) => ['layer', `${layer.digest}  ${formatBytes(layer.size)}`] as const),
  ];
  return formatTable(facts.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]])));
}

function unpackCommand(): Command {
  return addSourceFlags(new Command('unpack'))
    .description('unpack an image to a bundle that runc and crun run as it is')
    .argument('<image>', 'as a YAML file names it')
    .argument('<folder>', 'where config.json and rootfs/ go')
    .option('--force', 'replace the folder')
    .addHelpText('after', '\nExamples:\n  lkit image unpack oci:hello ./bundle && crun run -b ./bundle hello')
    .action(
      async (text: string, folder: string, flags: SourceFlags & { readonly force?: boolean }, command: Command) => {
        const { unpackBundle } = await import('../../pkg/authoring/index.ts');
        const image = await getImage(text, flags, command);
        const all = globalFlags(command);
        const context = { store: await openStore(all), reporter: reporterFor(all), user: currentUser() };
        await abortOnInterrupt((signal) =>
          unpackBundle(image, path.resolve(folder), { ...context, force: flags.force === true, signal }),
        );
      },
    );
}

function listCommand(): Command {
  return addSourceFlags(new Command('ls'))
    .description('list the files of an image')
    .argument('<image>', 'as a YAML file names it')
    .addHelpText('after', '\nExamples:\n  lkit image ls alpine:3.20')
    .action(async (text: string, flags: SourceFlags, command: Command) => {
      const { fileLine, listFiles } = await import('../../pkg/authoring/index.ts');
      const files = await listFiles(await openStore(globalFlags(command)), await getImage(text, flags, command));
      process.stdout.write(files.map((file) => `${fileLine(file)}\n`).join(''));
    });
}

function diffCommand(): Command {
  return addSourceFlags(new Command('diff'))
    .description('list what differs between the files of two images; exit code 1 when something does')
    .argument('<before>', 'as a YAML file names it')
    .argument('<after>', 'the same')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExamples:\n  lkit image diff oci:hello:1 oci:hello:2')
    .action(
      async (before: string, after: string, flags: SourceFlags & { readonly json?: boolean }, command: Command) => {
        const { diffFiles, listFiles } = await import('../../pkg/authoring/index.ts');
        const store = await openStore(globalFlags(command));
        const [one = [], other = []] = await Promise.all(
          [before, after].map(async (text) => listFiles(store, await getImage(text, flags, command))),
        );
        const differences = diffFiles(one, other);
        const letters = { added: 'A', removed: 'D', changed: 'C' };
        if (flags.json === true) process.stdout.write(`${JSON.stringify(differences, undefined, 2)}\n`);
        else {
          const lines = differences.map(({ change, path: file, what }) => {
            return `${letters[change]} /${file}${what.length > 0 ? `  (${what.join(', ')})` : ''}\n`;
          });
          process.stdout.write(lines.join(''));
        }
        if (differences.length > 0) throw new Reported(exitCodes.failed);
      },
    );
}
