import { stringify } from 'yaml';
import { toDocument, type DocumentOptions } from './system/document.ts';
import type { Spec } from './types.ts';

/**
 * The text of a specification, merged and with its defaults: for `--dry-run`, and for `files:` entries with `metadata`.
 * Reading it again gives the same specification, but for the places. The same specification gives the same text.
 */
export function printSpec(spec: Spec, format: 'yaml' | 'json', options: DocumentOptions = {}): string {
  const document = toDocument(spec, options);
  if (format === 'json') return `${JSON.stringify(document)}\n`;
  // Readers of YAML 1.1 must not take a text such as `yes` for something else.
  return stringify(document, { lineWidth: 0, compat: 'yaml-1.1', aliasDuplicateObjects: false });
}
