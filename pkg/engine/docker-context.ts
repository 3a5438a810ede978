import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { EngineEnvironment } from './address.ts';
import { EngineError } from './error.ts';

/**
 * The environment with the engine in it that `docker context use` has chosen, or `DOCKER_CONTEXT`; `DOCKER_HOST` comes
 * before both. Docker keeps contexts in `contexts/meta/SHA256-OF-NAME/meta.json` of its configuration folder.
 *
 * @throws {EngineError} `bad-address` for a context that is not there
 */
export async function withDockerContext(env: EngineEnvironment): Promise<EngineEnvironment> {
  const { DOCKER_HOST: host = '', DOCKER_CONTEXT: chosen = '', DOCKER_CONFIG: config = '', HOME: home = '' } = env;
  if (host !== '' || (config === '' && home === '')) return env;
  const folder = config === '' ? path.join(home, '.docker') : config;
  const name = chosen === '' ? await currentContext(folder) : chosen;
  if (name === undefined || name === 'default') return env;
  const id = createHash('sha256').update(name).digest('hex');
  const meta = (await readJson(path.join(folder, 'contexts/meta', id, 'meta.json'))) as Meta | undefined;
  const found = meta?.Endpoints?.docker?.Host;
  if (typeof found !== 'string' || found === '') {
    throw new EngineError('bad-address', `Docker has no context "${name}"`, {
      kind: 'input',
      hint: 'docker context ls lists them; docker context use default goes back to the usual engine.',
    });
  }
  const certificates = path.join(folder, 'contexts/tls', id, 'docker');
  const isTls = await stat(certificates).then(
    () => true,
    () => false,
  );
  return { ...env, DOCKER_HOST: found, ...(isTls && { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates }) };
}

interface Meta {
  readonly Endpoints?: { readonly docker?: { readonly Host?: unknown } };
}

async function currentContext(folder: string): Promise<string | undefined> {
  const config = (await readJson(path.join(folder, 'config.json'))) as
    { readonly currentContext?: unknown } | undefined;
  const name = config?.currentContext;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** Whoever needs the rest of these files complains of what is wrong with them. */
async function readJson(file: string): Promise<unknown> {
  try {
    return (JSON.parse(await readFile(file, 'utf8')) as unknown) ?? undefined;
  } catch {
    return undefined;
  }
}
