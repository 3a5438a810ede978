import { type LoadedFile, suggest } from '../problem.ts';
import { alternatives, quoted } from '../quote.ts';
import { child, type MappingNode, textOf } from '../yaml/tree.ts';

const words = {
  net: ['host', 'new', 'none'],
  pid: ['new', 'host'],
  ipc: ['host', 'new'],
  uts: ['host', 'new'],
  userns: ['host', 'new'],
};

/** `net`, `pid`, `ipc`, `uts` and `userns`: a word or a path. `root` is LinuxKit's other word for `host`. */
export function checkNamespaces(file: LoadedFile, container: MappingNode): void {
  for (const [key, known] of Object.entries(words)) {
    const node = child(container, key);
    const text = textOf(node);
    if (node === undefined || text === undefined || text === '' || text === 'root') continue;
    if (known.includes(text) || text.startsWith('/')) continue;
    const near = suggest(text, known);
    const expected = alternatives([...known.map((word) => `"${word}"`), 'an absolute path']);
    file.report(node, {
      code: 'invalid-value',
      message: `"${key}" must be ${expected}, not ${quoted(text)}${near.text}`,
      expected,
      found: quoted(text),
      ...(near.suggestions && { suggestions: near.suggestions }),
    });
  }
}
