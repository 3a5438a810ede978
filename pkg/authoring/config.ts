import type { ExecutionConfig, ImageConfig, Platform } from '../image/index.ts';
import { badOption } from './error.ts';

/** What to change in an image's configuration (OCI image-spec, config.md); what is left out stays as it is. */
export interface ConfigChanges {
  readonly author?: string | undefined;
  readonly entrypoint?: readonly string[] | undefined;
  readonly cmd?: readonly string[] | undefined;
  readonly workdir?: string | undefined;
  /** `NAME=value`, each replacing one of the same name. */
  readonly env?: readonly string[] | undefined;
  readonly user?: string | undefined;
  /** `80`, `53/udp`. */
  readonly ports?: readonly string[] | undefined;
  readonly volumes?: readonly string[] | undefined;
  readonly stopSignal?: string | undefined;
  /** `name=value`. */
  readonly labels?: readonly string[] | undefined;
}

/**
 * A configuration with these changes.
 *
 * @param created seconds since 1970
 * @throws {AuthoringError} `bad-option`
 */
export function withConfig(image: ImageConfig, changes: ConfigChanges, created: number): ImageConfig {
  const before = image.config ?? {};
  const { author, entrypoint, cmd, workdir, env, user, ports, volumes, stopSignal, labels } = changes;
  const config: ExecutionConfig = {
    ...before,
    ...(user !== undefined && { User: checkUser(user) }),
    ...(ports && { ExposedPorts: { ...before.ExposedPorts, ...keys(ports.map(parsePort)) } }),
    ...(env && { Env: withVariables(before.Env ?? [], env) }),
    ...(entrypoint && { Entrypoint: entrypoint }),
    // Another entrypoint has other arguments: as in Docker, those of the old one do not stay.
    ...(entrypoint && cmd === undefined && { Cmd: [] }),
    ...(cmd && { Cmd: cmd }),
    ...(volumes && { Volumes: { ...before.Volumes, ...keys(volumes.map(checkAbsolute('volume'))) } }),
    ...(workdir !== undefined && { WorkingDir: checkAbsolute('working directory')(workdir) }),
    ...(labels && { Labels: { ...before.Labels, ...parseLabels(labels) } }),
    ...(stopSignal !== undefined && { StopSignal: parseSignal(stopSignal) }),
  };
  return { ...image, created: timeText(created), ...(author !== undefined && { author }), config };
}

/** A configuration to begin with. */
export function emptyConfig({ os, architecture, variant }: Platform): ImageConfig {
  return {
    architecture,
    os,
    ...(variant !== undefined && { variant }),
    config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] },
    rootfs: { type: 'layers', diff_ids: [] },
  };
}

/** RFC 3339, as config.md wants it. */
export function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/**
 * `name=value` pairs of labels and annotations.
 *
 * @throws {AuthoringError} `bad-option`
 */
export function parseLabels(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
      throw badOption(`"${text}" is not name=value`, 'Example: org.opencontainers.image.licenses=Apache-2.0');
    }),
  );
}

function keys(names: readonly string[]): Readonly<Record<string, Readonly<Record<string, never>>>> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}

function parsePort(text: string): string {
  const match = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(text);
  const port = Number(match?.[1]);
  if (match && port >= 1 && port <= 65_535) return `${port}/${match[2] ?? 'tcp'}`;
  throw badOption(`"${text}" is not a port`, 'Examples: 80, 53/udp.');
}

function withVariables(before: readonly string[], changes: readonly string[]): readonly string[] {
  const variables = new Map(before.map((each) => [each.split('=', 1)[0] ?? '', each]));
  for (const each of changes) {
    const at = each.indexOf('=');
    if (at <= 0) throw badOption(`"${each}" is not NAME=value`, 'Example: LANG=C.UTF-8');
    variables.set(each.slice(0, at), each);
  }
  return [...variables.values()];
}

function checkUser(user: string): string {
  if (/^[^\s:]+(:[^\s:]+)?$/.test(user)) return user;
  throw badOption(`"${user}" is not a user`, 'Examples: 1000, 1000:1000, nobody.');
}

function checkAbsolute(what: string): (path: string) => string {
  return (path) => {
    if (path.startsWith('/') && !path.includes('\0')) return path;
    throw badOption(`"${path}" is not an absolute path for a ${what}`, 'Example: /var/lib/data');
  };
}

function parseSignal(text: string): string {
  const name = text.toUpperCase();
  if (/^\d+$/.test(text) || /^(SIG)?[A-Z][A-Z0-9]*([+-]\d+)?$/.test(name)) {
    return /^\d+$/.test(text) || name.startsWith('SIG') ? name : `SIG${name}`;
  }
  throw badOption(`"${text}" is not a signal`, 'Examples: SIGTERM, INT, SIGRTMIN+3, 15.');
}
