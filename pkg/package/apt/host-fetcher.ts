import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { HostError, runTool, type ToolName } from '../../host/index.ts';
import type { Architecture } from '../../image/index.ts';
import type { Reporter, Step } from '../../report/index.ts';
import type { Store } from '../../store/index.ts';
import { PackageError } from '../error.ts';
import type { Fetcher, NamedPackage } from '../fetcher.ts';
import { aptConfiguration, aptFolders, aptPreferences } from './configuration.ts';
import { readHostApt } from './host.ts';
import { watchDownloads } from './progress.ts';
import type { DebianPackage } from './records.ts';
import { resolvePackages } from './resolve.ts';
import { formatSources } from './sources.ts';

export interface HostFetcherOptions {
  readonly store: Store;
  readonly reporter: Reporter;
  /** The user's choice of a Debian mirror, in place of the host's own sources. */
  readonly mirror?: string | undefined;
  /** Fetch the indexes even when those at hand are recent. @default false */
  readonly refresh?: boolean | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
}

/** Indexes younger than this are used as they are. */
const maxAgeMs = 60 * 60 * 1000;
/** Milliseconds to wait for another process that fetches the indexes. */
const indexWaitMs = 10 * 60 * 1000;

/** Said where `…/debian-security` cannot be had beside a mirror's `…/debian`. */
export const noSecurityWarning = 'the Debian mirror has no security fixes beside it: packages come without them';

/** Gets packages with the host's apt programs, under a configuration of lkit's own for each architecture. */
export class HostFetcher implements Fetcher {
  readonly #options: HostFetcherOptions;
  readonly #prepared = new Map<Architecture, Promise<string>>();

  constructor(options: HostFetcherOptions) {
    this.#options = options;
  }

  async resolve(wanted: readonly NamedPackage[], arch: Architecture, step: Step): Promise<readonly DebianPackage[]> {
    const folder = await this.#prepare(arch, step);
    return resolvePackages(wanted, arch, {
      show: (names) => this.#show(folder, names),
      allNames: async () => (await this.#apt('apt-cache', folder, ['pkgnames'])).stdout,
    });
  }

  async download(packages: readonly DebianPackage[], arch: Architecture, folder: string, step: Step): Promise<void> {
    const configuration = await this.#prepare(arch, step);
    const exact = packages.map(({ name, version }) => `${name}=${version}`);
    const total = packages.reduce((sum, { size }) => sum + size, 0);
    const stop = watchDownloads(folder, (done) => {
      step.progress(done, total);
    });
    try {
      await this.#apt('apt-get', configuration, ['download', '-q', ...exact], folder);
    } catch (cause) {
      if (!(cause instanceof HostError) || cause.code !== 'tool-failed') throw cause;
      throw new PackageError('download-failed', `cannot download ${exact.join(', ')}: ${cause.message}`, { cause });
    } finally {
      stop();
    }
  }

  async #show(folder: string, names: readonly string[]): Promise<string> {
    try {
      return (await this.#apt('apt-cache', folder, ['show', '--no-all-versions', ...names])).stdout;
    } catch (error) {
      // It fails only when it knows none of the names.
      if (error instanceof HostError && error.code === 'tool-failed') return '';
      throw error;
    }
  }

  /** The folder with an apt configuration and recent indexes for an architecture. Done once in a process. */
  #prepare(arch: Architecture, step: Step): Promise<string> {
    let prepared = this.#prepared.get(arch);
    if (!prepared) {
      prepared = this.#prepareAnew(arch, step);
      this.#prepared.set(arch, prepared);
    }
    return prepared;
  }

  async #prepareAnew(arch: Architecture, step: Step): Promise<string> {
    const { store, mirror, refresh = false } = this.#options;
    const host = await readHostApt(mirror);
    const folder = await store.stateFolder(path.join('apt', arch));
    const sources = formatSources(host.sources, host.keyring);
    await store.exclusively(`apt-${arch}`, indexWaitMs, async () => {
      for (const name of [...aptFolders, 'sources.list.d']) await mkdir(path.join(folder, name), { recursive: true });
      const { settings: hostSettings, netrc, netrcParts } = host;
      await writeFile(
        path.join(folder, 'apt.conf'),
        aptConfiguration({ folder, arch, hostSettings, netrc, netrcParts }),
      );
      await writeFile(path.join(folder, 'sources.list.d', 'lkit.sources'), sources);
      await writeFile(path.join(folder, 'main.sources'), formatSources(host.mainSources, host.keyring));
      await writeFile(path.join(folder, 'preferences'), aptPreferences);
      await writeFile(path.join(folder, 'status'), '');
      const stamp = path.join(folder, 'updated');
      const of = createHash('sha256').update(sources).digest('hex');
      if (!refresh && (await this.#isRecent(stamp, of))) return;
      step.detail('fetching the package index');
      await this.#update(folder, host.mainSources.length < host.sources.length);
      await writeFile(stamp, of);
    });
    return folder;
  }

  async #isRecent(stamp: string, of: string): Promise<boolean> {
    try {
      const { mtimeMs } = await stat(stamp);
      const ageMs = this.#options.now() - mtimeMs;
      return ageMs >= 0 && ageMs < maxAgeMs && (await readFile(stamp, 'utf8')) === of;
    } catch {
      return false;
    }
  }

  /** Fetches the indexes; where the mirror may lack security fixes, without those if it must be. */
  async #update(folder: string, mayLackSecurity: boolean): Promise<void> {
    try {
      await this.#fetchIndexes(folder, []);
    } catch (error) {
      if (!mayLackSecurity || !(error instanceof PackageError)) throw error;
      const main = path.join(folder, 'main.sources');
      await this.#fetchIndexes(folder, ['-o', `Dir::Etc::sourcelist=${main}`, '-o', 'Dir::Etc::sourceparts=/dev/null']);
      this.#options.reporter.warn(noSecurityWarning);
    }
    // Written here, under the lock, and only read afterwards.
    await this.#apt('apt-cache', folder, ['gencaches', '-q']);
  }

  async #fetchIndexes(folder: string, options: readonly string[]): Promise<void> {
    try {
      // Without the error mode, apt takes a mirror that cannot be reached for a reason to go on with what it has.
      const strict = ['-o', 'APT::Update::Error-Mode=any', '-o', 'Acquire::Retries=1'];
      await this.#apt('apt-get', folder, ['update', '-q', ...strict, ...options]);
    } catch (cause) {
      if (!(cause instanceof HostError) || cause.code !== 'tool-failed') throw cause;
      throw new PackageError('offline', `cannot fetch the index of Debian's packages: ${cause.message}`, {
        hint: 'Check the network and the proxy, or name another mirror in LKIT_DEBIAN_MIRROR.',
        cause,
      });
    }
  }

  #apt(tool: ToolName, folder: string, args: readonly string[], cwd = folder): Promise<{ readonly stdout: string }> {
    const { signal } = this.#options;
    return runTool(tool, args, { cwd, env: { APT_CONFIG: path.join(folder, 'apt.conf') }, signal });
  }
}
