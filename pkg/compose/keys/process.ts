import { splitWords } from '../../host/index.ts';
import type { Tree } from '../../spec/index.ts';
import { parseEnvFile } from '../env-file.ts';
import path from 'node:path';
import type { Converter, ServiceDraft } from '../draft.ts';
import { isTrue, listOfTexts, pairs, parseWhole, scalarText } from '../values.ts';

/**
 * `entrypoint` and `command`. Compose replaces either half of the image's command line, lkit's `command` all of it.
 */
export const commandLine: Converter = (service) => {
  const entrypoint = words(service, 'entrypoint');
  const command = words(service, 'command');
  if (entrypoint === undefined && command === undefined) return;
  if (entrypoint !== undefined) {
    // An entrypoint of its own drops the image's arguments.
    const line = [...entrypoint, ...(command ?? [])];
    if (line.length > 0) service.keys['command'] = line;
    return;
  }
  const node = service.get('command');
  if (service.image === undefined && node !== undefined) {
    service.warn(
      node,
      'whether the image has an entrypoint, which would have to come before this command, is not known',
      'Let lkit look at the image: lkit convert --pull.',
    );
  }
  service.keys['command'] = [...(service.image?.entrypoint ?? []), ...(command ?? [])];
};

function words(service: ServiceDraft, key: string): readonly string[] | undefined {
  const node = service.get(key);
  if (node === undefined) return undefined;
  if (node.kind === 'list') return listOfTexts(node).map(({ text }) => text);
  const split = splitWords(scalarText(node) ?? '');
  if (split === undefined) service.invalid(node, 'a quotation mark is never closed');
  return split;
}

/** `environment` over `env_file` over the image's own: lkit's `env` replaces that as a whole. */
export const environment: Converter = (service) => {
  const env = new Map<string, string>();
  const set = (name: string, value: string | undefined): void => {
    const known = value ?? service.options.variables[name];
    if (known !== undefined) env.set(name, known);
  };
  for (const each of service.image?.env ?? []) set(each.split('=', 1)[0] ?? '', each.slice(each.indexOf('=') + 1));
  const before = env.size;
  for (const [name, value] of envFileLines(service)) set(name, value);
  const node = service.get('environment');
  for (const { key, value } of pairs(node)) set(key, value);
  if (env.size === before && node === undefined) return;
  if (service.image === undefined) {
    if (!env.has('PATH')) env.set('PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
    const place = node ?? service.get('env_file');
    const hint = 'Let lkit look at the image: lkit convert --pull.';
    if (place !== undefined) {
      service.warn(place, 'what the image itself has for its environment is not known, but for the usual PATH', hint);
    }
  }
  service.keys['env'] = [...env].map(([name, value]) => `${name}=${value}`);
};

function envFileLines(service: ServiceDraft): readonly (readonly [string, string | undefined])[] {
  const node = service.get('env_file');
  const files: readonly Tree[] = node?.kind === 'list' ? node.items : node === undefined ? [] : [node];
  return files.flatMap((file) => {
    const isLong = file.kind === 'mapping';
    const name = isLong ? scalarText(file.entries.get('path')?.value) : scalarText(file);
    if (name === undefined) return [];
    const required = isLong ? file.entries.get('required')?.value : undefined;
    const text = service.options.readText(path.resolve(service.file.source.baseDir, name));
    if (text === undefined) {
      if (required === undefined || isTrue(required)) service.invalid(file, `there is no file ${name}`);
      return [];
    }
    const raw = isLong && scalarText(file.entries.get('format')?.value) === 'raw';
    return parseEnvFile(text, service.options.variables, raw);
  });
}

/** `user`, `group_add` and `working_dir`. Compose looks names up in the image; lkit takes numbers. */
export const user: Converter = (service) => {
  const node = service.get('user') ?? service.node;
  const [uid = '', gid] = (service.text('user') ?? service.image?.user ?? '').split(':');
  const id = (key: string, text: string | undefined): void => {
    if (text === undefined || text === '' || text === 'root' || text === '0') return;
    const number = parseWhole(text);
    if (number !== undefined) service.keys[key] = number;
    else
      service.warn(node, `the user or group "${text}" is a name, and lkit takes numbers`, `Write the number: ${key}.`);
  };
  id('uid', uid);
  id('gid', gid);
  for (const { text, node: item } of listOfTexts(service.get('group_add'))) {
    const number = parseWhole(text);
    if (number !== undefined) service.add('additionalGids', number);
    else service.warn(item, `the group "${text}" is a name, and lkit takes numbers`);
  }
  const folder = service.text('working_dir');
  if (folder !== undefined) service.keys['cwd'] = folder;
};
