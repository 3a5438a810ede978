import path from 'node:path';
import type { EngineProvider } from '../engine/index.ts';
import type { WantedPlatform } from '../image/index.ts';
import type { PackageContext } from '../package/index.ts';
import type { CredentialSource, PullPolicy, RegistryClient } from '../registry/index.ts';
import type { Reporter } from '../report/index.ts';
import type { NamedImage } from '../spec/index.ts';
import type { Store } from '../store/index.ts';
import { SourceError } from './error.ts';

/** What is the same for all images of one system. */
export interface SourceContext extends WantedPlatform {
  readonly store: Store;
  /** The folder of the packages that lkit ships. */
  readonly packagesDir: string;
  readonly packages: PackageContext;
  /** The user's home, for paths that start with `~/`. */
  readonly home?: string;
  /** How registries are spoken to. @default with nobody logged in */
  readonly registry?: RegistryClient;
  /** Where logins are, for the base images of Dockerfiles. @default nobody is logged in */
  readonly credentials?: CredentialSource | undefined;
  /** When registries are asked. @default 'missing' */
  readonly pull?: PullPolicy | undefined;
  /** The container engine. @default the first that answers on a usual socket */
  readonly engine?: EngineProvider | undefined;
  /** Look for images in the engine before a registry is asked. @default false */
  readonly preferEngine?: boolean | undefined;
  /** Where downloads show how far they are. @default nowhere */
  readonly reporter?: Reporter;
  /** Ends what takes time. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A path as the user meant it. None at all is not the folder of the YAML file: `rootfs:` would be all that is in it.
 *
 * @throws {SourceError} `bad-source`
 */
export function pathOf(written: string, { text, at, baseDir }: NamedImage, { home }: SourceContext): string {
  if (written === '') throw new SourceError('bad-source', `"${text}" names no file or folder`, { kind: 'input', at });
  if (home !== undefined && written.startsWith('~/')) return path.join(home, written.slice(2));
  return path.resolve(baseDir, written);
}
