import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type Docker from 'dockerode';
import { pullImage } from '../../engine/index.ts';
import { type Architecture, parseReference } from '../../image/index.ts';
import type { Reporter, Step } from '../../report/index.ts';
import { aptConfiguration, aptFolders, aptPreferences } from '../apt/configuration.ts';
import { noSecurityWarning } from '../apt/host-fetcher.ts';
import { defaultRelease, mirrorSources } from '../apt/host.ts';
import type { DebianPackage } from '../apt/records.ts';
import { resolvePackages } from '../apt/resolve.ts';
import { formatSources } from '../apt/sources.ts';
import { PackageError } from '../error.ts';
import type { Fetcher, NamedPackage } from '../fetcher.ts';
import { type ContainerResult, runInContainer } from './container.ts';

export interface EngineFetcherOptions {
  readonly docker: Docker;
  readonly reporter: Reporter;
  /** An image with apt and Debian's keys (`LKIT_DEBIAN_IMAGE`). @default debian:bookworm-slim */
  readonly image?: string | undefined;
  /** The user's choice of a Debian mirror, in place of the image's own sources. */
  readonly mirror?: string | undefined;
  /** Fetch the indexes even when those at hand are recent. @default false */
  readonly refresh?: boolean | undefined;
  readonly networkMode?: string | undefined;
}

const defaultImage = `debian:${defaultRelease}-slim`;
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const noSecurityMark = 'lkit-no-security';
/** Where the volume with the indexes is mounted. */
const folder = '/lkit';

/** Takes back what the private configuration says of sources and keys. */
const imageSources = [
  'Dir::Etc::sourcelist "/etc/apt/sources.list";',
  'Dir::Etc::sourceparts "/etc/apt/sources.list.d";',
  'Dir::Etc::trusted "/etc/apt/trusted.gpg";',
  'Dir::Etc::trustedparts "/etc/apt/trusted.gpg.d";',
];

/** Gets packages with apt in a container, for hosts that have none. The indexes stay in a volume for an hour. */
export class EngineFetcher implements Fetcher {
  readonly #options: EngineFetcherOptions;
  readonly #updated = new Map<Architecture, Promise<void>>();
  #image: Promise<string> | undefined;

  constructor(options: EngineFetcherOptions) {
    this.#options = options;
  }

  async resolve(wanted: readonly NamedPackage[], arch: Architecture, step: Step): Promise<readonly DebianPackage[]> {
    await this.#update(arch, step);
    return resolvePackages(wanted, arch, {
      // It fails only when it knows none of the names.
      show: (names) =>
        this.#query(`apt-cache show --no-all-versions ${names.map(quote).join(' ')} || true`, arch, step),
      allNames: () => this.#query('apt-cache pkgnames', arch, step),
    });
  }

  async download(packages: readonly DebianPackage[], arch: Architecture, target: string, step: Step): Promise<void> {
    await this.#update(arch, step);
    const exact = packages.map(({ name, version }) => `${name}=${version}`);
    const total = packages.reduce((sum, { size }) => sum + size, 0);
    const script = `cd /out && apt-get download -q ${exact.map(quote).join(' ')}`;
    const result = await this.#run(script, arch, step, async (members) => {
      let done = 0;
      for await (const { entry, content } of members) {
        if (entry.type !== 'file') continue;
        // Only the last part of a name that comes out of a container counts: it must not lead elsewhere.
        await pipeline(content, createWriteStream(path.join(target, path.posix.basename(entry.path))));
        step.progress((done += entry.size), total);
      }
    });
    if (result.exitCode === 0) return;
    throw new PackageError('download-failed', `cannot download ${exact.join(', ')}: ${lastLines(result)}`);
  }

  #update(arch: Architecture, step: Step): Promise<void> {
    let updated = this.#updated.get(arch);
    if (!updated) this.#updated.set(arch, (updated = this.#updateAnew(arch, step)));
    return updated;
  }

  async #updateAnew(arch: Architecture, step: Step): Promise<void> {
    step.detail('fetching the package index');
    const { mirror, refresh = false, reporter } = this.#options;
    const recent = `[ -n "$(find ${folder}/updated -mmin -60)" ] && cmp -s ${folder}/updated /etc/lkit.sources`;
    const update = 'apt-get update -q -o APT::Update::Error-Mode=any -o Acquire::Retries=1';
    const mainOnly = `${update} -o Dir::Etc::sourcelist=/etc/lkit-main.sources && echo ${noSecurityMark}`;
    const folders = aptFolders.map((name) => `${folder}/${name}`).join(' ');
    const script = `
      mkdir -p ${folders} && : > ${folder}/status
      if ${refresh ? 'false' : recent} 2>/dev/null; then exit 0; fi
      ${mirror === undefined ? update : `${update} || { ${mainOnly}; }`} || exit
      cp /etc/lkit.sources ${folder}/updated`;
    const result = await this.#run(script, arch, step);
    if (result.stdout.includes(noSecurityMark)) reporter.warn(noSecurityWarning);
    if (result.exitCode === 0) return;
    throw new PackageError('offline', `cannot fetch the index of Debian's packages: ${lastLines(result)}`, {
      hint: 'Check the network of the container engine, or name another mirror in LKIT_DEBIAN_MIRROR.',
    });
  }

  async #query(script: string, arch: Architecture, step: Step): Promise<string> {
    const result = await this.#run(script, arch, step);
    if (result.exitCode === 0) return result.stdout;
    throw new PackageError('download-failed', `apt in a container failed: ${lastLines(result)}`);
  }

  async #run(
    script: string,
    arch: Architecture,
    step: Step,
    collect?: Parameters<typeof runInContainer>[2],
  ): Promise<ContainerResult> {
    const { docker, mirror, networkMode } = this.#options;
    const image = await (this.#image ??= this.#findImage(step));
    const own = mirror === undefined ? [] : mirrorSources(mirror, defaultRelease);
    const settings = own.length === 0 ? imageSources : ['Dir::Etc::sourcelist "/etc/lkit.sources";'];
    const preferences = 'Dir::Etc::preferences "/etc/lkit.preferences";';
    const configuration = aptConfiguration({ folder, arch, hostSettings: [] });
    return runInContainer(
      docker,
      {
        image,
        script,
        env: { APT_CONFIG: '/etc/lkit.conf', LC_ALL: 'C.UTF-8' },
        files: {
          '/etc/lkit.conf': [configuration, ...settings, preferences, ''].join('\n'),
          '/etc/lkit.sources': `# ${image}\n${formatSources(own, keyring)}`,
          '/etc/lkit-main.sources': formatSources(own.slice(0, 1), keyring),
          '/etc/lkit.preferences': aptPreferences,
        },
        volume: { name: `lkit-apt-${arch}`, target: folder },
        networkMode,
      },
      collect,
    );
  }

  /** Pulls the image where the engine has not got it. */
  async #findImage(step: Step): Promise<string> {
    const { docker, image = defaultImage } = this.#options;
    const isThere = await docker
      .getImage(image)
      .inspect()
      .then(
        () => true,
        () => false,
      );
    if (isThere) return image;
    try {
      const { registry, repository, tag = 'latest', digest = tag } = parseReference(image);
      await pullImage(
        { docker },
        {
          repository: `${registry}/${repository}`,
          tag: digest,
          onProgress: (text) => {
            step.detail(`pulling ${image}: ${text}`);
          },
        },
      );
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new PackageError('no-debian-source', reason, {
        hint: 'Name an image with apt that it has in LKIT_DEBIAN_IMAGE.',
        cause,
      });
    }
    return image;
  }
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function lastLines({ stdout, stderr }: ContainerResult): string {
  return `${stdout}${stderr}`.trim().split('\n').slice(-3).join('\n  ');
}
