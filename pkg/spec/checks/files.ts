import type { LoadedFile } from '../problem.ts';
import { alternatives, quoted } from '../quote.ts';
import { child, type MappingNode, textOf } from '../yaml/tree.ts';
import type { Entry } from './entries.ts';
import { isMisspelt } from '../violations/keys.ts';
import { checkOwners } from './owners.ts';

const kinds = ['contents', 'source', 'metadata', 'symlink', 'directory'] as const;
const fileKeys = [...kinds, 'path', 'optional', 'mode', 'uid', 'gid'];

export function checkFiles(entries: readonly Entry[], containers: ReadonlySet<string> | undefined): void {
  for (const { file, node } of entries) {
    checkPath(file, node);
    checkKind(file, node);
    if (containers) checkOwners(file, node, containers);
  }
}

function checkPath(file: LoadedFile, node: MappingNode): void {
  const at = child(node, 'path');
  const path = textOf(at);
  if (at === undefined || path === undefined || path === '') return;
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) {
    file.report(at, { code: 'invalid-value', message: `the path ${quoted(path)} must not contain ".."` });
  } else if (parts.length === 0) {
    file.report(at, { code: 'invalid-value', message: `the path ${quoted(path)} is the root itself` });
  }
}

/** The kinds of content that an entry has. As in LinuxKit, `directory: false` and empty texts do not count. */
function kindsOf(node: MappingNode): readonly string[] {
  return kinds.filter((kind) => {
    const value = child(node, kind);
    if (value === undefined) return false;
    if (kind === 'contents' || value.kind !== 'scalar') return true;
    return value.value !== '' && value.value !== false;
  });
}

function checkKind(file: LoadedFile, node: MappingNode): void {
  const present = kindsOf(node);
  const [first, second] = present;
  if (first === undefined) {
    if (kinds.some((kind) => isMisspelt(node, kind, fileKeys))) return;
    const message = `this file lacks one of the keys ${alternatives(kinds.map((kind) => `"${kind}"`))}`;
    file.report({ start: node.start, end: node.start + 1 }, { code: 'missing-key', message });
  } else if (second !== undefined) {
    const names = alternatives(present.map((kind) => `"${kind}"`)).replace(' or ', ' and ');
    const message = `a file cannot have ${names} at once`;
    file.report(node.entries.get(second)?.key ?? node, { code: 'conflicting-keys', message });
  }
  const optional = node.entries.get('optional');
  const isOptional = optional?.value.kind === 'scalar' && optional.value.value === true;
  if (optional && isOptional && first !== undefined && !present.includes('source')) {
    const message = '"optional" goes with "source" only';
    file.report(optional.key, { code: 'conflicting-keys', message, hint: 'Remove it.' });
  }
}
