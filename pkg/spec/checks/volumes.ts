import { child, textOf } from '../yaml/tree.ts';
import type { Entry } from './entries.ts';
import { checkImage } from './images.ts';

export function checkVolumes(volumes: readonly Entry[]): void {
  for (const { file, node } of volumes) {
    checkImage(file, node, 'volume', false);
    const isOci = textOf(child(node, 'format')) === 'oci';
    const format = node.entries.get('format');
    const platforms = node.entries.get('platforms');
    if (format && isOci && !node.entries.has('image') && !node.entries.has('build')) {
      const message = '"format: oci" has no effect on a volume without an image';
      file.report(format.key, { severity: 'warning', code: 'no-effect', message });
    }
    if (platforms && !isOci) {
      const message = '"platforms" has no effect without "format: oci"';
      file.report(platforms.key, { severity: 'warning', code: 'no-effect', message });
    }
  }
}
