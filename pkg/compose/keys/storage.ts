import path from 'node:path';
import type { Tree } from '../../spec/index.ts';
import type { Converter, ServiceDraft } from '../draft.ts';
import { isTrue, parseBytes, scalarText } from '../values.ts';

/** A volume of a service, in either form. */
interface Mount {
  readonly kind: 'bind' | 'volume' | 'tmpfs' | 'image';
  readonly source: string;
  readonly target: string;
  readonly readonly: boolean;
  readonly node: Tree;
}

/** `volumes`: named ones, files and folders of this computer, memory. */
export const volumes: Converter = (service) => {
  const node = service.get('volumes');
  if (node?.kind !== 'list') return;
  for (const item of node.items) {
    const mount = item.kind === 'mapping' ? longForm(service, item) : shortForm(service, item);
    if (mount !== undefined) convert(service, mount);
  }
};

function shortForm(service: ServiceDraft, node: Tree): Mount | undefined {
  const parts = (scalarText(node) ?? '').split(':');
  const [source = '', target = source, mode = ''] = parts;
  if (!target.startsWith('/') || parts.length > 3) {
    service.invalid(node, 'this is not a volume', 'Examples: "data:/var/lib/data", "./site:/srv:ro".');
    return undefined;
  }
  const isPath = /^[./~]/.test(source) && parts.length > 1;
  const named = parts.length > 1 ? source : '';
  return {
    kind: isPath ? 'bind' : 'volume',
    source: named,
    target,
    readonly: mode.split(',').includes('ro'),
    node,
  };
}

const kinds: readonly Mount['kind'][] = ['bind', 'volume', 'tmpfs', 'image'];

function longForm(service: ServiceDraft, node: Extract<Tree, { kind: 'mapping' }>): Mount | undefined {
  const entry = (key: string): Tree | undefined => node.entries.get(key)?.value;
  const kind = kinds.find((each) => each === scalarText(entry('type')));
  const target = scalarText(entry('target'));
  if (kind === undefined || target === undefined) {
    const type = scalarText(entry('type')) ?? '';
    if (target === undefined) service.invalid(node, 'this volume has no target');
    else service.warn(node, `a volume of type "${type}" has no counterpart in lkit, and is left out`);
    return undefined;
  }
  if (kind === 'tmpfs') addTmpfs(service, target, entry('tmpfs'));
  return { kind, source: scalarText(entry('source')) ?? '', target, readonly: isTrue(entry('read_only')), node };
}

function addTmpfs(service: ServiceDraft, target: string, options: Tree | undefined): void {
  const of = (key: string): string | undefined =>
    options?.kind === 'mapping' ? scalarText(options.entries.get(key)?.value) : undefined;
  const size = parseBytes(of('size') ?? '');
  const mode = of('mode');
  const settings = [
    ...(size === undefined ? [] : [`size=${size}`]),
    // YAML reads an octal mode without quotes as a number of ten digits' kind; Compose documents it as octal.
    ...(mode === undefined ? [] : [`mode=${mode.replace(/^0o?/, '')}`]),
  ];
  service.add('tmpfs', settings.length === 0 ? target : `${target}:${settings.join(',')}`);
}

function convert(service: ServiceDraft, mount: Mount): void {
  switch (mount.kind) {
    case 'tmpfs':
      return;
    case 'image':
      bindVolume(service, mount, service.system.volume(`image ${mount.source}`, mount.source, { image: mount.source }));
      return;
    case 'bind':
      convertPath(service, mount);
      return;
    case 'volume':
      if (mount.source === '') convertAnonymous(service, mount);
      else convertNamed(service, mount);
  }
}

function bindVolume(service: ServiceDraft, { target, readonly }: Mount, source: string): void {
  service.add('binds', `${source}:${target}${readonly ? ':ro' : ''}`);
}

function convertAnonymous(service: ServiceDraft, { target }: Mount): void {
  // The container's own root is as good a place, where it can be written to.
  if (isTrue(service.get('read_only'))) service.add('tmpfs', target);
}

function convertNamed(service: ServiceDraft, mount: Mount): void {
  const name = service.system.volume(`named ${mount.source}`, mount.source);
  bindVolume(service, mount, name);
  service.notice(
    mount.node,
    `the volume is in the machine's memory, and starts empty, whatever the image has at ${mount.target}`,
    'To keep it, mount a disk below /var/lib and bind a folder of it in place of the volume (docs/running.md).',
  );
}

/** Folders that a machine has of its own, which a path names rather than this computer's. */
const systemFolders = ['/dev', '/proc', '/sys', '/run', '/var/run', '/lib/modules', '/etc/localtime'];

function convertPath(service: ServiceDraft, mount: Mount): void {
  const { source, node } = mount;
  if (systemFolders.some((each) => source === each || source.startsWith(`${each}/`))) {
    service.notice(node, `${source} is that of the machine, not of this computer`);
    bindVolume(service, mount, source);
    return;
  }
  const { home, look } = service.options;
  const expanded = source.startsWith('~') ? path.join(home, source.slice(1)) : source;
  const absolute = path.resolve(service.file.source.baseDir, expanded);
  const found = look(absolute);
  const relative = service.system.relative(absolute);
  if (found === undefined) {
    service.warn(node, `there is no ${source} on this computer: the volume will be empty`);
    bindVolume(service, mount, service.system.volume(`path ${absolute}`, path.basename(absolute)));
  } else if (found.kind === 'folder') {
    const name = `${service.name}-${path.basename(absolute)}`;
    bindVolume(service, mount, service.system.volume(`path ${absolute}`, name, { image: `rootfs:${relative}` }));
  } else {
    const mode = found.mode.toString(8).padStart(4, '0');
    const place = service.system.mountedFile(service.name, path.basename(absolute), { source: relative, mode });
    bindVolume(service, mount, place);
  }
}

/** `configs` and `secrets`: files of the system, mounted where Compose mounts them. */
export const configsAndSecrets: Converter = (service) => {
  for (const section of ['configs', 'secrets'] as const) {
    const node = service.get(section);
    if (node?.kind !== 'list') continue;
    for (const item of node.items) mountGiven(service, section, item);
  }
};

function mountGiven(service: ServiceDraft, section: 'configs' | 'secrets', item: Tree): void {
  const of = (key: string): string | undefined =>
    item.kind === 'mapping' ? scalarText(item.entries.get(key)?.value) : undefined;
  const name = of('source') ?? scalarText(item) ?? '';
  const definition = definitionOf(service, section, name);
  if (definition === undefined) {
    service.invalid(item, `there is no "${name}" among the ${section} at the end of the file`);
    return;
  }
  const content = contentOf(service, definition);
  if (content === undefined) {
    service.warn(item, `"${name}" is neither a file nor a text, and is left out`);
    return;
  }
  const isSecret = section === 'secrets';
  const folder = isSecret ? '/run/secrets/' : '/';
  const target = of('target') ?? name;
  const mode = (of('mode') ?? (isSecret ? '0400' : '0444')).replace(/^0o/, '0');
  const place = service.system.mountedFile(service.name, name, { ...content, mode });
  service.add('binds', `${place}:${target.startsWith('/') ? target : folder + target}:ro`);
  if (isSecret)
    service.notice(item, `the secret "${name}" is part of the system's image, readable by whoever has that`);
}

function definitionOf(service: ServiceDraft, section: string, name: string): Tree | undefined {
  const { root } = service.file;
  const definitions = root?.kind === 'mapping' ? root.entries.get(section)?.value : undefined;
  return definitions?.kind === 'mapping' ? definitions.entries.get(name)?.value : undefined;
}

function contentOf(service: ServiceDraft, definition: Tree): Readonly<Record<string, string>> | undefined {
  const of = (key: string): string | undefined =>
    definition.kind === 'mapping' ? scalarText(definition.entries.get(key)?.value) : undefined;
  const file = of('file');
  if (file !== undefined) {
    return { source: service.system.relative(path.resolve(service.file.source.baseDir, file)) };
  }
  const variable = of('environment');
  const text = of('content') ?? (variable === undefined ? undefined : service.options.variables[variable]);
  return text === undefined ? undefined : { contents: text };
}
