import path from 'node:path';
import type { CredentialSource, FoundCredential } from './credential.ts';
import { type CredentialFile, readCredentialFile } from './file.ts';
import { askHelper } from './helper.ts';
import { keysFor } from './key.ts';

/** The environment, as far as logins go. Helpers get all of it. */
export type CredentialEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * The logins of Podman and Docker on this machine, in the order in which Podman looks for them: `$REGISTRY_AUTH_FILE`
 * alone where it is set; else `containers/auth.json` in `$XDG_RUNTIME_DIR` and in the user's configuration, then
 * Docker's `config.json` (containers-auth.json.5).
 *
 * @param home the user's home
 */
export function hostCredentials(env: CredentialEnvironment, home: string): CredentialSource {
  const files = new Map<string, Promise<CredentialFile | undefined>>();
  const read = (file: string): Promise<CredentialFile | undefined> => {
    const reading = files.get(file) ?? readCredentialFile(file);
    files.set(file, reading);
    return reading;
  };
  return {
    async find(registry, repository) {
      for (const candidate of credentialFiles(env, home)) {
        const file = await read(candidate);
        const found = file === undefined ? undefined : await findIn(file, registry, repository, env);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/** Where logins may be, the first one first. */
export function credentialFiles(env: CredentialEnvironment, home: string): readonly string[] {
  const set = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  const explicit = set('REGISTRY_AUTH_FILE');
  if (explicit !== undefined) return [explicit];
  const runtime = set('XDG_RUNTIME_DIR');
  return [
    ...(runtime === undefined ? [] : [path.join(runtime, 'containers/auth.json')]),
    path.join(set('XDG_CONFIG_HOME') ?? path.join(home, '.config'), 'containers/auth.json'),
    path.join(set('DOCKER_CONFIG') ?? path.join(home, '.docker'), 'config.json'),
  ];
}

async function findIn(
  file: CredentialFile,
  registry: string,
  repository: string,
  env: CredentialEnvironment,
): Promise<FoundCredential | undefined> {
  const keys = keysFor(registry, repository);
  const ownHelper = keys.flatMap((key) => file.helpers.get(key) ?? [])[0];
  const helper = ownHelper ?? file.store;
  if (helper !== undefined) {
    const credential = await askHelper(helper, registry, { env });
    if (credential !== undefined) return { credential, from: `docker-credential-${helper}` };
  }
  const credential = keys.flatMap((key) => file.auths.get(key) ?? [])[0];
  return credential && { credential, from: file.path };
}
