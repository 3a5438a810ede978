import { type LoadedFile, suggest } from '../problem.ts';
import { quoted } from '../quote.ts';
import { child, items, type MappingNode, textOf } from '../yaml/tree.ts';
import { isMisspelt } from '../violations/keys.ts';

const interfaceKeys = ['name', 'add', 'peer', 'createInRoot'];

/** A veth pair cannot be made without a name for its other end, and nothing else has another end. */
export function checkInterfaces(file: LoadedFile, container: MappingNode): void {
  for (const node of items(child(child(container, 'runtime'), 'interfaces'))) {
    if (node.kind !== 'mapping') continue;
    const add = textOf(child(node, 'add')) ?? '';
    const peer = textOf(child(node, 'peer')) ?? '';
    if (add === 'veth' && peer === '' && !isMisspelt(node, 'peer', interfaceKeys)) {
      const message = 'this veth pair lacks the key "peer"';
      const hint = 'It names the end that stays outside.';
      const span = { start: node.start, end: node.start + 1 };
      file.report(span, { code: 'missing-key', message, expected: 'the key "peer"', hint });
    }
    if (add !== 'veth' && add !== '' && peer !== '') {
      const { text, suggestions } = suggest(add, ['veth']);
      const message = `"peer" has no effect on an interface of kind ${quoted(add)}${text}`;
      file.report(child(node, 'add') ?? node, {
        severity: 'warning',
        code: 'no-effect',
        message,
        ...(suggestions ? { suggestions } : { hint: 'Only pairs of kind "veth" have two ends.' }),
      });
    }
  }
}
