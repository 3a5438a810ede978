import { isDigest } from './digest.ts';
import { ImageError } from './error.ts';
import { defined, UntrustedJson } from './json.ts';
import type { Digest, ExecutionConfig, ImageConfig } from './types.ts';

/** A configuration is a few kilobytes; labels and history can make it some more. */
export const maxConfigBytes = 8 << 20;

/**
 * Reads an image's configuration that somebody else wrote.
 *
 * @param layers how many layers the manifest has; one diff id belongs to each
 * @throws {ImageError} `invalid-config`
 */
export function parseConfig(bytes: Uint8Array, layers: number): ImageConfig {
  if (bytes.length > maxConfigBytes) {
    throw invalid(`has ${bytes.length} bytes; more than ${maxConfigBytes} are not accepted`);
  }
  const json = UntrustedJson.parse(bytes, invalid);
  const rootfs = json.get('rootfs');
  if (rootfs.get('type').string() !== 'layers') throw rootfs.get('type').error('"layers"');
  const diffIds = rootfs.get('diff_ids').optional((each) => each.list().map(readDigest)) ?? [];
  if (diffIds.length !== layers) {
    throw invalid(`it lists ${diffIds.length} layers ("rootfs.diff_ids"), but the manifest has ${layers}`);
  }
  return defined({
    created: text(json, 'created'),
    author: text(json, 'author'),
    architecture: json.get('architecture').string(),
    variant: text(json, 'variant'),
    os: json.get('os').string(),
    config: json.get('config').optional(readExecution),
    rootfs: { type: 'layers' as const, diff_ids: diffIds },
    history: json.get('history').optional((history) => history.list().map(readHistory)),
  });
}

function readExecution(json: UntrustedJson): ExecutionConfig {
  return defined({
    User: text(json, 'User'),
    Env: strings(json, 'Env'),
    Entrypoint: strings(json, 'Entrypoint'),
    Cmd: strings(json, 'Cmd'),
    WorkingDir: text(json, 'WorkingDir'),
    Labels: json.get('Labels').optional((each) => each.stringRecord()),
    ExposedPorts: json.get('ExposedPorts').optional(readNames),
    Volumes: json.get('Volumes').optional(readNames),
    StopSignal: text(json, 'StopSignal'),
  });
}

/** A set, in the form of an object whose values say nothing. */
function readNames(json: UntrustedJson): Readonly<Record<string, Readonly<Record<string, never>>>> {
  return Object.fromEntries(json.entries().map(([name]) => [name, {}]));
}

function readHistory(json: UntrustedJson): NonNullable<ImageConfig['history']>[number] {
  return defined({
    created: text(json, 'created'),
    created_by: text(json, 'created_by'),
    comment: text(json, 'comment'),
    empty_layer: json.get('empty_layer').optional((each) => each.boolean()),
  });
}

function text(json: UntrustedJson, key: string): string | undefined {
  return json.get(key).optional((each) => each.string());
}

function strings(json: UntrustedJson, key: string): readonly string[] | undefined {
  return json.get(key).optional((each) => each.strings());
}

function readDigest(json: UntrustedJson): Digest {
  const digest = json.string();
  if (!isDigest(digest)) throw json.error('a sha256 digest');
  return digest;
}

function invalid(message: string): ImageError {
  return new ImageError('invalid-config', `the image's configuration is not valid: ${message}`);
}
