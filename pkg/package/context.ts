import { EngineError, type EngineProvider, engineProvider } from '../engine/index.ts';
import { findTool } from '../host/index.ts';
import type { Reporter } from '../report/index.ts';
import type { Store } from '../store/index.ts';
import { HostFetcher } from './apt/host-fetcher.ts';
import { PackageError } from './error.ts';
import type { Fetcher } from './fetcher.ts';

export interface PackageOptions {
  readonly store: Store;
  readonly reporter: Reporter;
  /** Address of a Debian mirror (`LKIT_DEBIAN_MIRROR`). @default the host's own sources */
  readonly mirror?: string | undefined;
  /** The image for apt in a container (`LKIT_DEBIAN_IMAGE`), where the host has no apt. @default debian:bookworm-slim */
  readonly debianImage?: string | undefined;
  /** The container engine, where the host has no apt. @default the first that answers on a usual socket */
  readonly engine?: EngineProvider | undefined;
  /** Build anew what is in the store already, with the packages' newest versions. @default false */
  readonly rebuild?: boolean | undefined;
  /** The time of every file, in seconds since 1970 (`SOURCE_DATE_EPOCH`). @default 0 */
  readonly sourceDateEpoch?: number | undefined;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: (() => number) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What all packages built by one command share: above all, one look at Debian's indexes. */
export interface PackageContext extends PackageOptions {
  /** The way to Debian's packages, found out when it is first needed. */
  readonly fetcher: () => Promise<Fetcher>;
}

/** Prepares for building packages. Touches nothing until one has to be built. */
export function createPackageContext(options: PackageOptions): PackageContext {
  let fetcher: Promise<Fetcher> | undefined;
  return { ...options, fetcher: () => (fetcher ??= findFetcher(options)) };
}

/** The host's apt, or else apt in a container. */
async function findFetcher(options: PackageOptions): Promise<Fetcher> {
  const {
    store,
    reporter,
    mirror,
    debianImage,
    rebuild,
    engine = engineProvider({}),
    now = Date.now,
    signal,
  } = options;
  if ((await findTool('apt-get')) !== undefined) {
    return new HostFetcher({ store, reporter, mirror, refresh: rebuild, now, signal });
  }
  try {
    const { docker } = await engine();
    // Loaded only here: most hosts need neither.
    const { EngineFetcher } = await import('./engine/engine-fetcher.ts');
    return new EngineFetcher({ docker, reporter, image: debianImage, mirror, refresh: rebuild });
  } catch (cause) {
    if (!(cause instanceof EngineError) || cause.code !== 'no-engine') throw cause;
    throw new PackageError('no-debian-source', `this machine has no apt, and ${cause.message}`, {
      hint:
        'Packages come from Debian: install apt (LKIT_DEBIAN_MIRROR names a mirror), or start Docker or Podman ' +
        '(DOCKER_HOST says where; LKIT_DEBIAN_IMAGE names an image with apt).',
      cause,
    });
  }
}
