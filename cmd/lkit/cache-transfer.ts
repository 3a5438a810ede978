import { Command, Option } from 'commander';
import { LkitError } from '../../pkg/errors/index.ts';
import type { FoundImage } from '../../pkg/store/index.ts';
import { architectures, hostArchitecture, ociArchitecture } from './arch.ts';
import { globalFlags, imageOptions } from './context.ts';
import { addImageFlags, addRegistryFlags, type ImageFlags, pullOptions } from './image-flags.ts';
import { abortOnInterrupt } from './interrupt.ts';

interface ArchFlag {
  readonly arch: string;
}

const archOption = (): Option =>
  new Option('--arch <arch>', 'architecture of the images').choices(architectures).default(hostArchitecture());

export function pullCommand(): Command {
  return addImageFlags(new Command('pull'))
    .description('get images, so that a build finds them here')
    .argument('<image...>', 'as a YAML file names them')
    .addOption(archOption())
    .addHelpText(
      'after',
      `
Examples:
  lkit cache pull alpine:3.20
  lkit cache pull --arch arm64 ghcr.io/me/web:1.2 pkg:kernel
  lkit cache pull --pull always alpine:3.20     asks the registry whether there is a newer one`,
    )
    .action(async (texts: readonly string[], flags: ImageFlags & ArchFlag, command: Command) => {
      const { pullImages } = await import('../../pkg/build/index.ts');
      const options = { ...(await imageOptions(globalFlags(command))), ...pullOptions(flags) };
      const arch = ociArchitecture(flags.arch);
      const digests = new Map<string, string>();
      try {
        await abortOnInterrupt((signal) =>
          pullImages(texts, process.cwd(), { ...options, arch, signal }, ({ text, image }) => {
            digests.set(text, image.descriptor.digest);
          }),
        );
      } finally {
        const pulled = texts.filter((text) => digests.has(text));
        for (const text of pulled) console.log(`${text} ${digests.get(text)}`);
      }
    });
}

export function pushCommand(): Command {
  return addRegistryFlags(new Command('push'))
    .description('copy an image to a registry')
    .argument('<image>', 'a name as `lkit cache ls` prints it, or a digest, or the first digits of one')
    .argument('[reference]', 'where to (default: the name that the image has here)')
    .addOption(archOption())
    .addHelpText(
      'after',
      `
The logins of docker login and podman login are used.

Examples:
  lkit cache push ghcr.io/me/web:1.2
  lkit cache push pkg:getty registry.example.com/getty:2026-11`,
    )
    .action(async (text: string, reference: string | undefined, flags: ArchFlag, command: Command) => {
      const { pushStoredImage } = await import('../../pkg/build/index.ts');
      const { describeManifest, findImages } = await import('../../pkg/store/index.ts');
      const options = await imageOptions(globalFlags(command));
      const arch = ociArchitecture(flags.arch);
      const { store } = options;
      const images = await Promise.all(
        (await findImages(store, text)).map(async (found: FoundImage) => ({
          found,
          image: await store.image(await describeManifest(store, found.digest)),
        })),
      );
      // Whoever names an architecture wants no other; without one, the only image is the one that is meant.
      const isOnly = images.length === 1 && command.getOptionValueSource('arch') === 'default';
      const chosen = isOnly ? images[0] : images.find(({ image }) => image.config.architecture === arch);
      const target = reference ?? chosen?.found.names[0];
      if (chosen === undefined || target === undefined) {
        const message =
          chosen === undefined ? `the store has no ${text} for ${arch}` : `${text} has no name to push it to`;
        throw new LkitError('usage', message, { kind: 'input', hint: 'lkit cache push IMAGE REFERENCE' });
      }
      const digest = await abortOnInterrupt((signal) =>
        pushStoredImage(chosen.image, target, { ...options, arch, signal }),
      );
      console.log(`${target} ${digest}`);
    });
}
