import { access, constants, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { findTool, runTool } from '../../host/index.ts';
import { PackageError } from '../error.ts';
import { downloadSettings } from './configuration.ts';
import { type AptSource, ofRelease, parseDeb822Sources, parseOneLineSources } from './sources.ts';

/** What lkit takes over from the host's apt. */
export interface HostApt {
  readonly sources: readonly AptSource[];
  /** What is left of the sources when those that need not exist do not. */
  readonly mainSources: readonly AptSource[];
  readonly settings: readonly string[];
  readonly keyring: string | undefined;
  readonly netrc: string | undefined;
  readonly netrcParts: string | undefined;
}

/** The release to take packages from where the host is not Debian itself. */
export const defaultRelease = 'bookworm';

const debianKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Finds out where packages come from: `mirror` if the user names one, else the host's own sources if it runs Debian,
 * else the mirror that an installed debootstrap uses.
 *
 * @throws {PackageError} `no-debian-source`
 */
export async function readHostApt(mirror: string | undefined): Promise<HostApt> {
  const { stdout } = await runTool('apt-config', ['dump', '--no-empty']);
  const { sources, isMirror } = await sourcesFor(mirror);
  return {
    sources,
    mainSources: isMirror ? sources.slice(0, 1) : sources,
    settings: downloadSettings(stdout),
    keyring: await ifReadable(debianKeyring),
    netrc: await ifReadable('/etc/apt/auth.conf'),
    netrcParts: await ifReadable('/etc/apt/auth.conf.d'),
  };
}

interface FoundSources {
  readonly sources: readonly AptSource[];
  /** They were made up from the address of a mirror. */
  readonly isMirror: boolean;
}

async function sourcesFor(mirror: string | undefined): Promise<FoundSources> {
  const os = osRelease(await readFile('/etc/os-release', 'utf8').catch(() => ''));
  const isDebian = os['ID'] === 'debian';
  const release = (isDebian ? os['VERSION_CODENAME'] : undefined) ?? defaultRelease;
  if (mirror !== undefined) return { sources: mirrorSources(mirror, release), isMirror: true };
  if (isDebian) {
    const own = ofRelease(await hostSources(), release);
    if (own.length > 0) return { sources: own, isMirror: false };
  }
  const bootstrap = await debootstrapMirror(release);
  if (bootstrap !== undefined) return { sources: mirrorSources(bootstrap, release), isMirror: true };
  throw new PackageError('no-debian-source', 'there is no source of Debian packages on this machine', {
    hint: `Set LKIT_DEBIAN_MIRROR to the address of a Debian mirror (and install debian-archive-keyring).`,
  });
}

/** A mirror's `…/debian`, and the security fixes that may be beside it in `…/debian-security`: the first comes first. */
export function mirrorSources(mirror: string, release: string): readonly AptSource[] {
  const base = mirror.replace(/\/+$/, '');
  const main: AptSource = { uris: [base], suites: [release, `${release}-updates`], components: ['main'], options: {} };
  if (!base.endsWith('/debian')) return [main];
  return [main, { ...main, uris: [`${base}-security`], suites: [`${release}-security`] }];
}

async function hostSources(): Promise<readonly AptSource[]> {
  const folder = '/etc/apt/sources.list.d';
  const names = (await readdir(folder).catch(() => [])).sort();
  const files = ['/etc/apt/sources.list', ...names.map((name) => path.join(folder, name))];
  const sources: AptSource[] = [];
  for (const file of files) {
    const parse = file.endsWith('.list') ? parseOneLineSources : parseDeb822Sources;
    if (/\.(list|sources)$/.test(file)) sources.push(...parse(await readFile(file, 'utf8').catch(() => '')));
  }
  return sources;
}

/** Reads os-release(5): shell assignments, of which only plain and quoted ones occur. */
export function osRelease(text: string): Readonly<Record<string, string>> {
  const assignments = [...text.matchAll(/^([A-Z_0-9]+)=(["']?)(.*)\2$/gm)];
  return Object.fromEntries(assignments.map(([, key = '', , value = '']) => [key, value]));
}

async function debootstrapMirror(release: string): Promise<string | undefined> {
  const script = await readFile(`/usr/share/debootstrap/scripts/${release}`, 'utf8').catch(() => '');
  const own = /^\s*default_mirror\s+(\S+)/m.exec(script)?.[1];
  const program = await findTool('debootstrap');
  if (own !== undefined || script === '' || program === undefined) return own;
  return /^DEF_MIRROR="([^"]+)"/m.exec(await readFile(program, 'utf8'))?.[1];
}

async function ifReadable(file: string): Promise<string | undefined> {
  return access(file, constants.R_OK).then(
    () => file,
    () => undefined,
  );
}
