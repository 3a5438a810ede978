import { type LoadedFile, suggest } from '../problem.ts';
import { quoted } from '../quote.ts';
import { child, items, type MappingNode, textOf, type Tree } from '../yaml/tree.ts';

/** `uid`, `gid` and `additionalGids`: a text is `root`, or names a container. */
export function checkOwners(file: LoadedFile, node: MappingNode, containers: ReadonlySet<string>): void {
  for (const owner of [child(node, 'uid'), child(node, 'gid'), ...items(child(node, 'additionalGids'))]) {
    if (owner) checkOwner(file, owner, containers);
  }
}

function checkOwner(file: LoadedFile, node: Tree, containers: ReadonlySet<string>): void {
  const name = textOf(node);
  if (name === undefined || name === '' || name === 'root' || containers.has(name)) return;
  if (/^\d+$/.test(name)) {
    const message = `the id ${quoted(name)} is a text: write ${name} without quotes`;
    file.report(node, { code: 'invalid-value', message });
    return;
  }
  const near = suggest(name, [...containers, 'root']);
  file.report(node, {
    code: 'unknown-name',
    message: `no container is named ${quoted(name)}${near.text}`,
    ...(near.suggestions
      ? { suggestions: near.suggestions }
      : { hint: 'An owner is a number, "root", or the name of a container of this system.' }),
  });
}
