import type { LoadedFile } from '../problem.ts';
import { quoted } from '../quote.ts';
import { child, items, type MappingNode, textOf } from '../yaml/tree.ts';

/** What the schema cannot say about `devices`: the path `all` changes what else there must be. */
export function checkDevices(file: LoadedFile, container: MappingNode): void {
  for (const device of items(child(container, 'devices'))) {
    const path = textOf(child(device, 'path'));
    if (device.kind !== 'mapping' || path === undefined || path === 'all') continue;
    const type = child(device, 'type');
    if (textOf(type) === 'a') {
      const message = `type "a" goes with the path "all", not with ${quoted(path)}`;
      file.report(type ?? device, { code: 'conflicting-keys', message, hint: 'A device is of type c, b, u or p.' });
    }
    if (child(device, 'mode') === undefined) {
      const message = 'this device lacks the key "mode"';
      const span = { start: device.start, end: device.start + 1 };
      file.report(span, { code: 'missing-key', message, expected: 'the key "mode"', hint: 'Such as mode: "0600".' });
    }
  }
}
