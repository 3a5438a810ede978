import type { LoadedFile } from '../problem.ts';
import { isMisspelt } from '../violations/keys.ts';
import type { MappingNode } from '../yaml/tree.ts';

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
