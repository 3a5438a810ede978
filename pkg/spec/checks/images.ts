import type { LoadedFile, Problem } from '../problem.ts';
import { isMisspelt } from '../violations/keys.ts';
import { child, items, type MappingNode, textOf, type Tree } from '../yaml/tree.ts';
import type { Entry } from './entries.ts';

/** Tells what is wrong with the name of an image, if anything is. */
export type CheckImageName = (name: string) => Pick<Problem, 'message' | 'hint' | 'suggestions'> | undefined;

/** The names of all images; templates (`@pkg:…`) have a check of their own. */
export function checkImageNames(
  files: readonly LoadedFile[],
  entries: readonly Entry[],
  checkName: CheckImageName,
): void {
  const check = (file: LoadedFile, node: Tree | undefined): void => {
    const name = textOf(node);
    if (node === undefined || name === undefined || name.trim() === '' || name.startsWith('@')) return;
    const problem = checkName(name);
    if (problem) file.report(node, { code: 'invalid-value', ...problem });
  };
  for (const file of files) {
    check(file, child(child(file.root, 'kernel'), 'image'));
    for (const image of items(child(file.root, 'init'))) check(file, image);
  }
  for (const { file, node } of entries) check(file, child(node, 'image'));
}

/** An image is either named or built. A container needs one; a kernel can get its own from another file. */
export function checkImage(file: LoadedFile, node: MappingNode, what: string, isRequired: boolean): void {
  const image = node.entries.get('image');
  const build = node.entries.get('build');
  if (image && build) {
    const message = '"image" and "build" exclude each other';
    file.report(build.key, { code: 'conflicting-keys', message, hint: 'Remove one of them.' });
  } else if (isRequired && !image && !build && !isMisspelt(node, 'image', ['name'])) {
    const message = `this ${what} lacks the key "image" (or "build")`;
    const span = { start: node.start, end: node.start + 1 };
    file.report(span, { code: 'missing-key', message, expected: 'the key "image" or "build"' });
  }
}
