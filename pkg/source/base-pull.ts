import { type Engine, inspectImage, pullImage, type RegistryLogin } from '../engine/index.ts';
import { type ImageReference, parseReference } from '../image/index.ts';
import type { Credential, CredentialSource } from '../registry/index.ts';
import { type BaseImage, baseImages } from './base-images.ts';

export interface BasePull {
  readonly dockerfile: string;
  readonly args: Readonly<Record<string, string>>;
  /** That of the build: `linux/arm64`. */
  readonly platform: string;
  readonly credentials: CredentialSource;
  /** Look for newer ones than the engine has. */
  readonly refresh: boolean;
  readonly onProgress: (text: string) => void;
}

/**
 * Has the engine get the base images that this user is logged in for: the logins are on this machine, and the engine
 * does not know them. All others it gets by itself while it builds, unless newer ones are wanted beside those.
 *
 * @returns whether there are such images: then the engine must not be told to look for newer ones by itself
 * @throws {EngineError} `engine-failed`; {RegistryError} for logins that cannot be read
 */
export async function pullPrivateBases(engine: Engine, pull: BasePull): Promise<boolean> {
  const bases: NamedBase[] = [];
  for (const base of baseImages(pull.dockerfile, pull.args)) {
    const reference = referenceOf(base.name);
    if (!reference) continue;
    const found = await pull.credentials.find(reference.registry, reference.repository);
    bases.push({ base, reference, login: found && loginOf(reference.registry, found.credential) });
  }
  const isPrivate = bases.some(({ login }) => login !== undefined);
  for (const { base, reference, login } of isPrivate ? bases : []) {
    const isWanted = pull.refresh || (login !== undefined && !(await hasImage(engine, base, pull.platform)));
    if (!isWanted) continue;
    const { registry, repository, tag = 'latest', digest = tag } = reference;
    await pullImage(engine, {
      repository: `${registry}/${repository}`,
      tag: digest,
      platform: base.hasPlatform ? base.platform : pull.platform,
      login,
      onProgress: pull.onProgress,
    });
  }
  return isPrivate;
}

interface NamedBase {
  readonly base: BaseImage;
  readonly reference: ImageReference;
  readonly login: RegistryLogin | undefined;
}

/** What is no reference, the engine will complain of. */
function referenceOf(name: string): ImageReference | undefined {
  try {
    return parseReference(name);
  } catch {
    return undefined;
  }
}

async function hasImage(engine: Engine, base: BaseImage, platform: string): Promise<boolean> {
  const found = await inspectImage(engine, base.name);
  const [, architecture] = (base.platform ?? platform).split('/');
  return found !== undefined && found.architecture === architecture;
}

function loginOf(registry: string, credential: Credential): RegistryLogin {
  // The name under which Docker itself knows its Hub.
  const serveraddress = registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry;
  switch (credential.kind) {
    case 'password':
      return { serveraddress, username: credential.username, password: credential.password };
    case 'identity-token':
      return { serveraddress, identitytoken: credential.token };
    case 'registry-token':
      return { serveraddress, registrytoken: credential.token };
  }
}
