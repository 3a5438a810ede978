import type { Engine } from './connect.ts';
import { engineFailure } from './failure.ts';
import { jsonLines } from './json-lines.ts';

/** How the engine is let into a registry (Docker Engine API, "Authentication"). */
export type RegistryLogin =
  | { readonly serveraddress: string; readonly username: string; readonly password: string }
  | { readonly serveraddress: string; readonly identitytoken: string }
  | { readonly serveraddress: string; readonly registrytoken: string };

export interface EnginePull {
  /** With its registry, or as people write it: `debian`, `ghcr.io/owner/name`. */
  readonly repository: string;
  /** A tag or a digest. */
  readonly tag: string;
  /** `linux/arm64`. @default the engine's own */
  readonly platform?: string | undefined;
  readonly login?: RegistryLogin | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
}

/**
 * Has the engine get an image from a registry.
 *
 * @throws {EngineError} `engine-failed`
 */
export async function pullImage({ docker }: Pick<Engine, 'docker'>, pull: EnginePull): Promise<void> {
  const { repository, tag, platform, login, onProgress = () => undefined } = pull;
  const options = { fromImage: repository, tag, ...(platform !== undefined && { platform }) };
  try {
    const answer = await (login === undefined ? docker.createImage(options) : docker.createImage(login, options));
    for await (const message of jsonLines(answer as unknown as AsyncIterable<Buffer>)) {
      const { error, status, id } = message as {
        readonly error?: string;
        readonly status?: string;
        readonly id?: string;
      };
      if (error !== undefined) throw new Error(error);
      if (status !== undefined) onProgress(id === undefined ? status : `${id} ${status}`);
    }
  } catch (error) {
    throw engineFailure(error, `pull the image ${repository}${tag.startsWith('sha256:') ? '@' : ':'}${tag}`);
  }
}
