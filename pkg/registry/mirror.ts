import { RegistryError } from './error.ts';
import { canonicalRegistry, dockerHub } from './host.ts';

/** A registry that is asked in place of another, which remains the last resort. */
export interface Mirror {
  /** The registry whose images it has: `docker.io`. */
  readonly registry: string;
  readonly url: URL;
}

/**
 * Reads `[REGISTRY=]URL`; without a registry it mirrors Docker Hub. The path of the URL goes before the names of
 * repositories: at `https://example.org/hub`, `library/alpine` is asked for as `hub/library/alpine`.
 *
 * @throws {RegistryError} `bad-option`
 */
export function parseMirror(text: string): Mirror {
  const [, registry = dockerHub, address = ''] = /^(?:([^=/]+)=)?(.*)$/s.exec(text.trim()) ?? [];
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw badMirror(
      text,
      'it is no http or https URL',
      'Write --mirror https://HOST, or --mirror REGISTRY=https://HOST.',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw badMirror(url.host, 'it has a password in it', `Log in instead: docker login ${url.host}`);
  }
  if (url.search !== '' || url.hash !== '') throw badMirror(text, 'it has more than host and path', undefined);
  return { registry: canonicalRegistry(registry), url };
}

/** Several, separated by blanks or commas, as in an environment variable. */
export function parseMirrors(text: string | undefined): readonly Mirror[] {
  return (text ?? '')
    .split(/[\s,]+/)
    .filter((each) => each !== '')
    .map(parseMirror);
}

function badMirror(shown: string, reason: string, hint: string | undefined): RegistryError {
  return new RegistryError('bad-option', `the mirror "${shown}" cannot be used: ${reason}`, { kind: 'input', hint });
}
