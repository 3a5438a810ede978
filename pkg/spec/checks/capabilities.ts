import { nearest } from '../../errors/index.ts';
import type { LoadedFile } from '../problem.ts';
import { quoted } from '../quote.ts';
import { knownCapabilities } from '../vocabulary.ts';
import { child, type MappingNode, texts } from '../yaml/tree.ts';

export function checkCapabilities(file: LoadedFile, container: MappingNode): void {
  for (const key of ['capabilities', 'capabilities.add', 'ambient']) {
    const list = texts(child(container, key));
    for (const { text, node } of list) {
      const isSpecial = ['all', 'none'].includes(text.toLowerCase());
      if (isSpecial && list.length > 1) {
        const message = `${quoted(text)} must be the only item of "${key}"`;
        file.report(node, { code: 'invalid-value', message });
      } else if (!isSpecial && !knownCapabilities.includes(text)) {
        const suggestions = meant(text);
        const near = suggestions.map((each) => `"${each}"`).join(' or ');
        file.report(node, {
          code: 'invalid-value',
          message: `unknown capability ${quoted(text)}${near === '' ? '' : ` (did you mean ${near}?)`}`,
          ...(suggestions.length > 0
            ? { suggestions }
            : { hint: 'Capabilities are written in full, in capitals: CAP_NET_ADMIN.' }),
        });
      }
    }
  }
}

function meant(text: string): readonly string[] {
  const upper = text.toUpperCase();
  const full = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  return knownCapabilities.includes(full) ? [full] : nearest(full, knownCapabilities);
}
