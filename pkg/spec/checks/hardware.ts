import { nearest } from '../../errors/index.ts';
import { type LoadedFile, suggest } from '../problem.ts';
import { quoted } from '../quote.ts';
import { hardwareDefinitions } from '../schema/hardware.ts';
import { child, items, type MappingNode, texts } from '../yaml/tree.ts';
import { entriesOf, type Entry } from './entries.ts';
import { checkUniqueNames } from './names.ts';

const deviceKeys = Object.keys(hardwareDefinitions['i2cDevice']?.properties ?? {});
const changes = ['set', 'ramp', 'noise'];

/**
 * What can be said about `hardware` without knowing any model.
 *
 * @param services those that scenarios can wait for; `undefined` where not all are known
 */
export function checkHardware(files: readonly LoadedFile[], services: readonly Entry[] | undefined): void {
  const buses = entriesOf(files, 'hardware', 'i2c');
  checkUniqueNames(buses, 'I2C bus');
  for (const { file, node } of buses) {
    for (const device of items(child(node, 'devices'))) if (device.kind === 'mapping') checkDevice(file, device);
  }
  const scenarios = entriesOf(files, 'hardware', 'scenarios');
  checkUniqueNames(scenarios, 'scenario');
  for (const { file, node } of scenarios) {
    const start = node.entries.get('start');
    if (start && child(node, 'onConsole')) {
      const message = '"start" and "onConsole" exclude each other';
      file.report(start.key, { code: 'conflicting-keys', message });
    }
    for (const step of items(child(node, 'steps'))) if (step.kind === 'mapping') checkStep(file, step);
    if (services) reportUnknownServices(file, node, services);
  }
}

/** Keys that the schema does not know may be a model's; without a model they are mistakes. */
function checkDevice(file: LoadedFile, device: MappingNode): void {
  const has = (key: string): boolean => device.entries.has(key);
  if (has('model') && has('dump')) {
    const message = '"model" and "dump" exclude each other';
    file.report(device.entries.get('dump')?.key ?? device, { code: 'conflicting-keys', message });
  }
  for (const [name, { key }] of device.entries) {
    if (deviceKeys.includes(name) || (has('model') && has('address'))) continue;
    const near = nearest(
      name,
      deviceKeys.filter((each) => !has(each)),
    );
    if (has('model') && near.length === 0) continue;
    const { text, suggestions } = suggest(name, near);
    const hint = 'Only a device with a "model" has quantities.';
    const message = `unknown key ${quoted(name)} in I2C device${text}`;
    file.report(key, { code: 'unknown-key', message, ...(suggestions ? { suggestions } : { hint }) });
  }
  const isEmpty = !['model', 'dump', 'registers', 'words'].some(has);
  if (isEmpty && [...device.entries.keys()].every((name) => deviceKeys.includes(name))) {
    const span = { start: device.start, end: device.start + 1 };
    const message = 'this I2C device lacks the key "model" (or "dump", "registers", "words")';
    file.report(span, { code: 'missing-key', message, expected: 'the key "model", "dump", "registers" or "words"' });
  }
}

function checkStep(file: LoadedFile, step: MappingNode): void {
  const [first, second] = changes.flatMap((key) => step.entries.get(key) ?? []);
  if (!first || second) {
    const message = first ? 'a step has only one of "set", "ramp" and "noise"' : 'this step changes nothing';
    const hint = first ? 'Make two steps of it.' : 'Add "set:", "ramp:" or "noise:".';
    const span = second?.key ?? { start: step.start, end: step.start + 1 };
    file.report(span, { code: first ? 'conflicting-keys' : 'missing-key', message, hint });
    return;
  }
  const over = step.entries.get('over');
  if (over && step.entries.has('set')) {
    const message = '"over" has no effect beside "set"';
    file.report(over.key, { severity: 'warning', code: 'no-effect', message, hint: 'Did you mean "ramp:"?' });
  } else if (!over && !step.entries.has('set')) {
    const message = 'this step lacks the key "over"';
    const span = { start: step.start, end: step.start + 1 };
    file.report(span, { code: 'missing-key', message, expected: 'the key "over"', hint: 'Such as over: 10s.' });
  }
}

function reportUnknownServices(file: LoadedFile, scenario: MappingNode, services: readonly Entry[]): void {
  const known = services.flatMap(({ name = [] }) => name);
  for (const { text, node } of texts(child(scenario, 'after'))) {
    if (known.includes(text)) continue;
    const near = suggest(text, known);
    const message = `service ${quoted(text)} not found${near.text}`;
    file.report(node, { code: 'unknown-name', message, ...(near.suggestions && { suggestions: near.suggestions }) });
  }
}
