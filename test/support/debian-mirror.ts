import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { access, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { readHostApt } from '../../pkg/package/apt/host.ts';
import type { AptSource } from '../../pkg/package/apt/sources.ts';

/** What tests keep from one run to the next, so that the next needs no network. */
export const testCache = path.join(process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'lkit-test');

/** Where the user's own lkit would get packages from. `undefined`: the host's own sources. */
export const userMirror = process.env['LKIT_DEBIAN_MIRROR'];

export interface DebianMirror {
  /** For the option `mirror`. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Files whose names change with their content. */
const immutable = /\.deb$|\/by-hash\//;

/**
 * The indexes that this process has asked for: all tests of one run see the same state of Debian, so what one run
 * leaves in the cache fits together.
 */
const settled = new Set<string>();

/**
 * Starts a Debian mirror on this machine, made of the host's own one and of what earlier runs have kept of it. Until
 * it is stopped, apt goes to it directly and takes indexes of any age.
 */
export async function startDebianMirror(): Promise<DebianMirror> {
  const folder = path.join(testCache, 'mirror');
  await mkdir(folder, { recursive: true });
  const { sources } = await readHostApt(userMirror);
  const hostEnvironment = { ...process.env };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://localhost');
    fileFor(pathname)
      .then((file) => send(file, response))
      .catch((error: unknown) => {
        if (response.headersSent) response.destroy();
        else response.writeHead(502).end(String(error));
      });
  });

  async function fileFor(pathname: string): Promise<string> {
    const file = path.join(folder, pathname);
    const isKept = await exists(file);
    if (isKept && (immutable.test(pathname) || settled.has(pathname))) return file;
    const failures: unknown[] = [];
    for (const address of upstreamAddresses(sources, pathname)) {
      try {
        await download(address, file, hostEnvironment);
        settled.add(pathname);
        return file;
      } catch (error) {
        failures.push(error);
      }
    }
    if (!isKept) throw new AggregateError(failures, `nothing gives ${pathname}: ${failures.join('; ')}`);
    settled.add(pathname);
    return file;
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const restore = await configureApt(folder);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/debian`,
    stop: async () => {
      restore();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** `/debian/…` comes from the sources of the release and its updates, `/debian-security/…` from those of the fixes. */
function upstreamAddresses(sources: readonly AptSource[], pathname: string): readonly string[] {
  const [, root = '', rest = ''] = /^\/(debian|debian-security)\/(.*)$/.exec(pathname) ?? [];
  const uris = sources
    .filter(({ suites }) => suites.some((suite) => /-security$|\/updates$/.test(suite) === (root !== 'debian')))
    .flatMap((source) => source.uris);
  return root === '' ? [] : [...new Set(uris)].map((uri) => `${uri.replace(/\/+$/, '')}/${rest}`);
}

/** Downloads as the host's apt does, with its proxies and passwords. The file is there at once and whole, or not. */
async function download(address: string, file: string, env: NodeJS.ProcessEnv): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const aside = await mkdtemp(path.join(path.dirname(file), '.new-'));
  try {
    const options = ['-o', 'Acquire::Retries=0', '-o', 'APT::Sandbox::User=root'];
    const whole = path.join(aside, 'file');
    await promisify(execFile)('/usr/lib/apt/apt-helper', [...options, 'download-file', address, whole], { env });
    await rename(whole, file);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Has lkit carry settings for this mirror over into its apt (apt.conf.5, APT_CONFIG). The result takes that back. */
async function configureApt(folder: string): Promise<() => void> {
  const file = path.join(folder, 'apt.conf');
  // Where Debian cannot be reached, there is nothing newer than what was kept, however old it is.
  await writeFile(file, 'Acquire::http::Proxy::127.0.0.1 "DIRECT";\nAcquire::Check-Valid-Until "false";\n');
  const before = process.env['APT_CONFIG'];
  process.env['APT_CONFIG'] = file;
  return () => {
    if (before === undefined) delete process.env['APT_CONFIG'];
    else process.env['APT_CONFIG'] = before;
  };
}

async function send(file: string, response: ServerResponse): Promise<void> {
  const { size } = await stat(file);
  response.writeHead(200, { 'content-length': size });
  await pipeline(createReadStream(file), response);
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
