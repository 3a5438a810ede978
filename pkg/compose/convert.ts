import path from 'node:path';
import { Document, isScalar, isSeq, visit } from 'yaml';
import { didYouMean } from '../errors/index.ts';
import { LoadedFile, type MappingNode, readYaml, type SourceText, type Tree } from '../spec/index.ts';
import { ServiceDraft } from './draft.ts';
import { interpolate } from './interpolate.ts';
import { convertedKeys, converters, waitedForToEnd } from './keys/index.ts';
import { SystemDraft } from './system.ts';
import type { Converted, ConvertOptions } from './types.ts';
import { listOfTexts, scalarText } from './values.ts';
import { reportNested, reportTopLevel } from './nested.ts';
import { withoutCounterpart } from './without-counterpart.ts';

/**
 * lkit's YAML for a Compose file (Compose specification, compose-spec.io): a system with one container for each service.
 * No input makes it throw; whatever is wrong, or has no counterpart, is a diagnostic.
 */
export async function convertCompose(source: SourceText, options: ConvertOptions): Promise<Converted> {
  const file = new LoadedFile(source);
  readYaml(file);
  if (file.root !== undefined) file.root = interpolated(file, file.root, options);
  if (file.root !== undefined) reportTopLevel(file, file.root);
  const services = file.root && servicesOf(file, file.root, options);
  const system = services && (await convertServices(file, services, options));
  const diagnostics = file.diagnostics(diagnosticsLimit);
  const yaml = system === undefined || file.hasErrors() ? undefined : print(system, source, options);
  return { yaml, diagnostics };
}

const diagnosticsLimit = 500;

/** The tree with the variables of its texts replaced. A text used in several places is replaced once. */
function interpolated(file: LoadedFile, root: Tree, { variables }: ConvertOptions): Tree {
  const done = new Map<Tree, Tree>();
  const replace = (node: Tree): Tree => {
    const known = done.get(node);
    if (known !== undefined) return known;
    const result = replaceIn(node);
    done.set(node, result);
    return result;
  };
  const replaceIn = (node: Tree): Tree => {
    if (node.kind === 'list') return { ...node, items: node.items.map(replace) };
    if (node.kind === 'mapping') {
      const entries = [...node.entries].map(
        ([key, entry]) => [key, { ...entry, value: replace(entry.value) }] as const,
      );
      return { ...node, entries: new Map(entries) };
    }
    if (typeof node.value !== 'string' || !node.value.includes('$')) return node;
    const value = interpolate(node.value, variables, ({ severity, message }) => {
      file.report(node, { severity, code: 'invalid-value', message });
    });
    return { ...node, value };
  };
  return replace(root);
}

const topLevel = ['version', 'name', 'services', 'networks', 'volumes', 'configs', 'secrets', 'models'];

/** The services that are to be started: all whose profiles, where they have any, are asked for. */
function servicesOf(file: LoadedFile, root: Tree, { profiles }: ConvertOptions): ReadonlyMap<string, MappingNode> {
  const entries = root.kind === 'mapping' ? root.entries : new Map<string, never>();
  for (const [key, entry] of entries) {
    if (topLevel.includes(key) || key.startsWith('x-')) continue;
    const hint = 'Convert what "docker compose config" prints, which has it resolved.';
    if (key === 'include')
      file.report(entry.key, { code: 'not-supported', message: 'lkit does not follow "include"', hint });
    else file.report(entry.key, { severity: 'warning', code: 'unknown-key', message: unknownKey(key, topLevel) });
  }
  const services = entries.get('services')?.value;
  if (services?.kind !== 'mapping' || services.entries.size === 0) {
    file.report(services ?? root, { code: 'missing-key', message: 'there are no services in this file' });
    return new Map();
  }
  const result = new Map<string, MappingNode>();
  for (const [name, { value }] of services.entries) {
    if (value.kind !== 'mapping') {
      file.report(value, { code: 'wrong-type', message: `the service "${name}" is not a mapping` });
      continue;
    }
    const wanted = listOfTexts(value.entries.get('profiles')?.value).map(({ text }) => text);
    if (wanted.length === 0 || profiles.includes('*') || wanted.some((each) => profiles.includes(each))) {
      result.set(name, value);
    } else {
      const message = `"${name}" is left out: its profiles (${wanted.join(', ')}) are not asked for`;
      const hint = `lkit convert --profile ${wanted[0] ?? ''}`;
      file.report(value.entries.get('profiles')?.value ?? value, {
        severity: 'notice',
        code: 'no-effect',
        message,
        hint,
      });
    }
  }
  return result;
}

function unknownKey(key: string, candidates: Iterable<string>): string {
  return `"${key}" is not a key of Compose${didYouMean(key, [...candidates])}`;
}

async function convertServices(
  file: LoadedFile,
  services: ReadonlyMap<string, MappingNode>,
  options: ConvertOptions,
): Promise<SystemDraft> {
  const atBoot = waitedForToEnd([...services.values()]);
  const started = new Set([...services.keys()].filter((name) => !atBoot.has(name)));
  const system = new SystemDraft(options.outputDir, started);
  for (const [name, node] of services) {
    const reference = node.entries.has('build') ? undefined : scalarText(node.entries.get('image')?.value);
    const image = reference === undefined ? undefined : await options.imageDefaults(reference);
    const service = new ServiceDraft({ name, node, file }, options, system, image);
    for (const [convert] of converters) convert(service);
    reportOthers(service);
    reportNested(service);
    if (started.has(name)) system.services.push(service.keys);
    else system.onboot.push(runAtBoot(service));
  }
  return system;
}

/** What only a service has. */
const serviceKeys = ['restart', 'restartDelay', 'dependsOn', 'healthcheck'];

/** A service that others wait to end runs before all of them; its failure stops the boot, as it would stop them. */
function runAtBoot(service: ServiceDraft): Readonly<Record<string, unknown>> {
  service.notice(service.node, `"${service.name}" runs at boot, before all services, since others wait for its end`);
  if ('dependsOn' in service.keys) service.warn(service.node, 'what runs at boot cannot depend on services');
  const keys = Object.entries(service.keys).filter(([key]) => !serviceKeys.includes(key));
  return { ...Object.fromEntries(keys), onFailure: 'halt' };
}

function reportOthers(service: ServiceDraft): void {
  const all = [...convertedKeys, ...Object.keys(withoutCounterpart)];
  for (const [key, { key: place, value }] of service.node.entries) {
    if (convertedKeys.has(key) || key.startsWith('x-')) continue;
    const known = Object.hasOwn(withoutCounterpart, key) ? withoutCounterpart[key] : undefined;
    if (known === undefined) {
      service.file.report(place, { severity: 'warning', code: 'unknown-key', message: unknownKey(key, all) });
    } else {
      const message = `"${key}" has no counterpart in lkit: ${known.why}`;
      service.file.report(
        { start: place.start, end: value.end },
        { severity: known.severity, code: 'no-effect', message },
      );
    }
  }
}

const runtimes = { containerd: ['pkg:init', 'pkg:runc', 'pkg:containerd'], crun: ['pkg:init', 'pkg:crun'] } as const;

/** Lists of short words, which read better on a line. */
const flowKeys = new Set(['command', 'capabilities', 'init', 'dependsOn']);

function print(system: SystemDraft, source: SourceText, { runtime }: ConvertOptions): string {
  const cmdline = ['console=ttyS0 console=ttyAMA0 quiet lkit.console_logs=1', ...system.parameters].join(' ');
  const hosts = [...system.hosts].map(([name, address]) => `${address} ${name}\n`).join('');
  const files = [
    { path: 'etc/hosts', contents: `127.0.0.1 localhost\n::1 localhost\n${hosts}`, mode: '0644' },
    ...system.files,
  ];
  const document = new Document(
    {
      kernel: { image: 'pkg:kernel', cmdline },
      init: runtimes[runtime],
      onboot: [{ name: 'dhcp', image: 'pkg:dhcp' }, ...system.onboot],
      services: system.services,
      files,
      ...(system.volumes.size > 0 && { volumes: [...system.volumes.values()] }),
    },
    { aliasDuplicateObjects: false, compat: 'yaml-1.1' },
  );
  visit(document, {
    Pair: (_, pair) => {
      if (isScalar(pair.key) && flowKeys.has(String(pair.key.value)) && isSeq(pair.value)) pair.value.flow = true;
    },
  });
  const name = path.basename(source.file).replace(/\.ya?ml$/, '');
  const publish = system.publish.map((each) => ` -publish ${each}`).join('');
  document.commentBefore = ` Made from ${path.basename(source.file)} by lkit convert.\n   lkit run qemu${publish} ${name}`;
  return document.toString({ lineWidth: 110 });
}
