import { nearest } from '../../errors/index.ts';
import { type Problem, suggest } from '../problem.ts';
import { quoted } from '../quote.ts';
import type { Tree } from '../yaml/tree.ts';
import type { Violation } from './report.ts';
import { foundOf } from './wording.ts';

/** What users of docker compose and of other tools write, and lkit's word for it. */
const otherWords: Readonly<Record<string, string>> = {
  args: 'command',
  cap_add: 'capabilities',
  capAdd: 'capabilities',
  cmd: 'command',
  depends_on: 'dependsOn',
  entrypoint: 'command',
  environment: 'env',
  group: 'gid',
  group_add: 'additionalGids',
  network_mode: 'net',
  path: 'source',
  read_only: 'readonly',
  sysctls: 'sysctl',
  target: 'destination',
  ulimits: 'rlimits',
  user: 'uid',
  volumes: 'binds',
  working_dir: 'cwd',
};

/** Keys that often stand a level too high, and the key below which they belong. */
const otherPlaces: Readonly<Record<string, string>> = {
  cmdline: 'kernel',
  ucode: 'kernel',
  modules: 'kernel',
  mkdir: 'runtime',
  interfaces: 'runtime',
  bindNS: 'runtime',
  namespace: 'runtime',
  cgroups: 'runtime',
  memory: 'resources',
  cpu: 'resources',
  pids: 'resources',
  blockio: 'resources',
};

/** lkit's own keys that one section has, and others have not. */
const sectionKeys: Readonly<Record<string, string>> = {
  onFailure: 'onboot',
  restart: 'services',
  restartDelay: 'services',
  dependsOn: 'services',
  healthcheck: 'services',
};

const nouns: Readonly<Record<string, string>> = {
  service: 'container',
  'onboot container': 'container',
  'onshutdown container': 'container',
  label: 'container',
};

export function unknownKey({ schema }: Violation, key: string): Problem {
  const known = Object.keys(schema.properties ?? {});
  const where = schema.title === 'system' ? '' : ` in ${schema.title ?? 'this mapping'}`;
  if (schema.title === 'label' && ['name', 'image', 'build'].includes(key)) {
    return {
      code: 'unknown-key',
      message: `a label cannot set ${quoted(key)}`,
      hint: 'It belongs into the YAML alone.',
    };
  }
  const word = otherWords[key];
  if (word !== undefined && known.includes(word)) {
    return {
      code: 'unknown-key',
      message: `unknown key ${quoted(key)}${where} (did you mean "${word}"?)`,
      suggestions: [word],
    };
  }
  const near = suggest(key, known);
  if (near.suggestions) {
    return {
      code: 'unknown-key',
      message: `unknown key ${quoted(key)}${where}${near.text}`,
      suggestions: near.suggestions,
    };
  }
  return {
    code: 'unknown-key',
    message: `unknown key ${quoted(key)}${where}`,
    hint: placeHint(key, known, schema.title),
  };
}

function placeHint(key: string, known: readonly string[], title = 'mapping'): string {
  const section = sectionKeys[key];
  if (section !== undefined && title in nouns) return `Only entries of "${section}" have it.`;
  const place = otherPlaces[key];
  if (place !== undefined && known.includes(place)) return `It belongs below "${place}".`;
  return known.length > 15
    ? `docs/yaml.md lists the keys of a ${nouns[title] ?? title}.`
    : `Keys here: ${known.join(', ')}.`;
}

/** True if a key that is missing is there after all, under a name that is near to its own and not one of the `known`. */
export function isMisspelt(node: Tree, key: string, known: readonly string[]): boolean {
  if (node.kind !== 'mapping') return false;
  const unknown = [...node.entries.keys()].filter((each) => each !== key && !known.includes(each));
  return unknown.some((each) => otherWords[each] === key || nearest(each, [key]).length > 0);
}

export function missingKey({ schema, node }: Violation, key: string): Problem {
  return {
    code: 'missing-key',
    message: `this ${schema.title ?? 'mapping'} lacks the key "${key}"`,
    expected: `the key "${key}"`,
    found: foundOf(node),
  };
}
