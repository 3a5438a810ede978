import { type LoadedFile, suggest } from '../problem.ts';
import { quoted } from '../quote.ts';
import { child, items, type MappingNode, texts, textOf } from '../yaml/tree.ts';

/**
 * What the schema cannot say about `devices`: the path `all` changes what else there must be, and a bus must exist.
 *
 * @param buses the emulated I2C buses; `undefined` where not all are known
 */
export function checkDevices(file: LoadedFile, container: MappingNode, buses: ReadonlySet<string> | undefined): void {
  if (buses) reportUnknownBuses(file, container, buses);
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

function reportUnknownBuses(file: LoadedFile, container: MappingNode, buses: ReadonlySet<string>): void {
  for (const { text, node } of texts(child(container, 'devices'))) {
    const name = /^i2c:(.+)$/.exec(text)?.[1];
    if (name === undefined || buses.has(name)) continue;
    const { text: near, suggestions } = suggest(name, buses);
    file.report(node, {
      code: 'unknown-name',
      message: `I2C bus ${quoted(name)} not found${near}`,
      ...(suggestions ? { suggestions } : { hint: 'It must be the name of an entry of "hardware: i2c:".' }),
    });
  }
}
