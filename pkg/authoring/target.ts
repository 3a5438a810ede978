import { AuthoringError } from './error.ts';

/** Where an image is written to, in skopeo's transport names where it has them. */
export type Target =
  /** `oci:DIR[:TAG]`, `oci-archive:FILE[:NAME]`, `docker-archive:FILE[:NAME]`. */
  | {
      readonly kind: 'oci' | 'oci-archive' | 'docker-archive';
      readonly path: string;
      readonly name: string | undefined;
    }
  /** `docker-daemon:NAME:TAG`, `docker://NAME`, `store:NAME`. */
  | { readonly kind: 'docker-daemon' | 'registry' | 'store'; readonly name: string };

const hint =
  'Examples: oci:dir:latest, oci-archive:hello.tar, docker-archive:hello.tar:hello:1, docker://ghcr.io/me/hello:1, store:hello';

/**
 * Takes the text of a target apart. Touches no disk.
 *
 * @throws {AuthoringError} `bad-target`
 */
export function parseTarget(text: string): Target {
  const file = /^(oci|oci-archive|docker-archive):([^:]+)(?::(.+))?$/s.exec(text);
  if (file) {
    const [, kind, path = '', name] = file;
    return { kind: kind as 'oci', path, name };
  }
  const named = /^(docker-daemon:|docker:\/\/|store:)(.+)$/s.exec(text);
  if (named) {
    const [, prefix, name = ''] = named;
    const kind = prefix === 'docker://' ? 'registry' : prefix === 'store:' ? 'store' : 'docker-daemon';
    return { kind, name };
  }
  throw new AuthoringError('bad-target', `"${text}" does not say where to write the image`, { kind: 'input', hint });
}
