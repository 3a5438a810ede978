import type { LoadedFile } from '../problem.ts';
import { quoted } from '../quote.ts';
import { child, items, scalars, type Tree } from '../yaml/tree.ts';
import { checkImage } from './images.ts';
import { checkTemplates } from './templates.ts';

/** What concerns one file by itself. */
export function checkDocument(file: LoadedFile): void {
  if (file.root?.kind !== 'mapping') return;
  const kernel = child(file.root, 'kernel');
  if (kernel?.kind === 'mapping') checkImage(file, kernel, 'kernel', false);
  const trust = file.root.entries.get('trust');
  if (trust) {
    const message = '"trust" has no effect: lkit verifies every image against its digest';
    file.report(trust.key, { severity: 'notice', code: 'no-effect', message });
  }
  checkTemplates(file, file.root);
  checkScalars(file);
}

function checkScalars(file: LoadedFile): void {
  if (!file.root) return;
  const contents = new Set<Tree | undefined>(items(child(file.root, 'files')).map((each) => child(each, 'contents')));
  for (const scalar of scalars(file.root)) {
    const { start, end, plain, value } = scalar;
    if (typeof value === 'string' && value.includes('\0') && !contents.has(scalar)) {
      const message = 'a NUL character ("\\0") is in this text';
      const hint = 'Only the "contents" of a file can have one: to the system it is the end of a text.';
      file.report({ start, end }, { code: 'invalid-value', message, hint });
    }
    if (plain === undefined) continue;
    if (typeof value === 'number' && /^[-+]?0\d+$/.test(plain)) {
      const readings = `${Number.parseInt(plain, 8)} to YAML 1.1, ${value} to YAML 1.2`;
      const isOctal = /^[-+]?[0-7]+$/.test(plain);
      const message = `the number ${plain} ${isOctal ? `is ambiguous: ${readings}` : 'begins with 0'}`;
      file.report({ start, end }, { code: 'invalid-value', message, hint: 'Write it without zeros in front.' });
    }
    if (typeof value === 'string' && /^[“”„‘’‚«]/.test(plain)) {
      const message = `${quoted(plain.slice(0, 1))} is no quote to YAML, but a part of the text`;
      const hint = 'Write " or \' around it.';
      file.report({ start, end: start + 1 }, { severity: 'warning', code: 'invalid-value', message, hint });
    }
    const item = /\n\s*- /.exec(file.text.slice(start, end));
    if (item && typeof value === 'string') {
      const at = start + item.index + item[0].length - 2;
      const message = 'this line continues the text above it';
      const hint = 'If it is meant as an item of a list, indent it as the list is.';
      file.report({ start: at, end: at + 1 }, { severity: 'warning', code: 'no-effect', message, hint });
    }
  }
}
