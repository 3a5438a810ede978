import type { LoadedFile } from '../problem.ts';
import { quoted } from '../quote.ts';
import { child, items, scalars, textOf, type Tree } from '../yaml/tree.ts';

const sections = ['onboot', 'onshutdown', 'services', 'volumes'];

/** LinuxKit puts a package's tag in place of `@pkg:folder` anywhere; to lkit a package is an image, and has no tag. */
export function checkTemplates(file: LoadedFile, root: Tree): void {
  const entries = [child(root, 'kernel'), ...sections.flatMap((section) => items(child(root, section)))];
  const images = new Set([...items(child(root, 'init')), ...entries.map((entry) => child(entry, 'image'))]);
  for (const node of scalars(root)) {
    const text = textOf(node) ?? '';
    if (images.has(node) || !/^@pkg:\S+$/.test(text)) continue;
    const message = `${quoted(text)} stands where no image is named`;
    file.report(node, { code: 'not-supported', message, hint: 'It works in "init:" and "image:" only.' });
  }
}
