import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { type Command, Option } from 'commander';
import type { ImageOptions } from '../../pkg/build/index.ts';
import type { PullPolicy, RegistryOptions } from '../../pkg/registry/index.ts';
import { addLimitFlag } from './numbers.ts';

/** The flags of commands that speak to registries. */
export interface RegistryFlags {
  readonly mirror?: readonly string[];
  readonly certFile?: readonly string[];
  readonly plainHttp?: readonly string[];
}

/** The flags of commands that get images by name. */
export interface ImageFlags extends RegistryFlags {
  readonly pull?: PullPolicy;
  readonly docker?: boolean;
}

const policies: readonly PullPolicy[] = ['never', 'missing', 'always'];

export function addRegistryFlags(command: Command): Command {
  return command
    .option(
      '--mirror <[registry=]url>',
      'ask here before the registry, which is Docker Hub unless named; repeatable ($LKIT_MIRROR)',
      append,
    )
    .option('--cert-file <file>', 'trust the authorities in this file (PEM) as well; repeatable', append)
    .option('--plain-http <host[:port]>', 'speak to this registry without TLS; repeatable', append);
}

export function addImageFlags(command: Command): Command {
  return addLimitFlag(
    addRegistryFlags(
      command
        .option('--docker', 'use an image that the container engine has before asking a registry')
        .addOption(
          new Option(
            '--pull [when]',
            'ask registries never, for missing images, or always; always builds packages anew, too',
          )
            .choices(policies)
            .preset('always'),
        ),
    ),
  );
}

/**
 * What `--pull` says of images in registries and, where it asks for everything anew, of packages; and whether the engine
 * is asked first.
 */
export function pullOptions({ pull, docker }: ImageFlags): Pick<ImageOptions, 'pull' | 'refresh' | 'preferEngine'> {
  return { pull, refresh: pull === 'always', preferEngine: docker };
}

/** How registries are spoken to: by flags, the environment, and the logins of Docker and Podman. */
export async function registryOptions(flags: RegistryFlags, version: string): Promise<RegistryOptions> {
  const { hostCredentials, parseMirror, parseMirrors, proxiesFrom } = await import('../../pkg/registry/index.ts');
  return {
    mirrors: [...(flags.mirror ?? []).map(parseMirror), ...parseMirrors(process.env['LKIT_MIRROR'])],
    certFiles: [...(flags.certFile ?? []), ...hostCertFiles(process.env)],
    plainHttp: flags.plainHttp ?? [],
    proxies: proxiesFrom(process.env),
    credentials: hostCredentials(process.env, homedir()),
    userAgent: `lkit/${version}`,
  };
}

/** What Node.js and OpenSSL programs on this host trust; they pass over files that are not there, too. */
function hostCertFiles(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const named = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'].flatMap((name) => env[name] ?? []);
  return [...new Set(named)].filter((file) => file !== '' && existsSync(file));
}

function append(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
