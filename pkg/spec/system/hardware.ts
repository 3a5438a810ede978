import type {
  HardwareSpec,
  I2cBusSpec,
  I2cDeviceSpec,
  Place,
  Placed,
  PlacedEntry,
  ScenarioSpec,
  ScenarioStepSpec,
} from '../hardware.ts';
import type { LoadedFile } from '../problem.ts';
import { hardwareDefinitions } from '../schema/hardware.ts';
import { locate } from '../text.ts';
import { child, items, type MappingNode, scalarOf, textOf, texts, toPlain, type Tree } from '../yaml/tree.ts';
import { durationMs, durationText } from './duration.ts';

/** The emulated hardware of all files: buses and scenarios are lists like the system's other ones. */
export function mergeHardware(files: readonly LoadedFile[]): HardwareSpec | undefined {
  const parts = files.flatMap((file) => {
    const node = child(file.root, 'hardware');
    return node === undefined ? [] : [{ reader: new HardwareReader(file), node }];
  });
  const [first] = parts;
  if (!first) return undefined;
  return {
    at: first.reader.place(first.node),
    i2c: parts.flatMap(({ reader, node }) => items(child(node, 'i2c')).map((bus) => reader.bus(bus))),
    scenarios: parts.flatMap(({ reader, node }) =>
      items(child(node, 'scenarios')).map((each) => reader.scenario(each)),
    ),
    trace: parts.some(({ node }) => scalarOf(child(node, 'trace')) === true),
  };
}

const deviceKeys = Object.keys(hardwareDefinitions['i2cDevice']?.properties ?? {});
const stepKinds = ['set', 'ramp', 'noise'] as const;

/** Reads validated nodes of one file, keeping their places: models find more to say about them. */
class HardwareReader {
  readonly #file: LoadedFile;

  constructor(file: LoadedFile) {
    this.#file = file;
  }

  place({ start, end }: { readonly start: number; readonly end: number }): Place {
    const { source, lines } = this.#file;
    return { at: locate(source.file, lines, start), end: lines.position(end) };
  }

  bus(node: Tree): I2cBusSpec {
    return {
      name: this.#text(node, 'name') ?? { value: '', ...this.place(node) },
      devices: items(child(node, 'devices')).map((device) => this.#device(device)),
    };
  }

  #device(node: Tree): I2cDeviceSpec {
    const driver = child(node, 'driver');
    const own = node.kind === 'mapping' ? node : undefined;
    return {
      place: this.place({ start: node.start, end: node.start + 1 }),
      address: this.#number(node, 'address'),
      name: this.#text(node, 'name'),
      model: this.#text(node, 'model'),
      dump: this.#text(node, 'dump'),
      content: this.#text(node, 'content'),
      registers: this.#registers(child(node, 'registers')),
      words: this.#registers(child(node, 'words')),
      driver: driver && { value: scalarOf(driver) === true, ...this.place(driver) },
      quantities: this.#quantities(own, deviceKeys),
      baseDir: this.#file.source.baseDir,
    };
  }

  scenario(node: Tree): ScenarioSpec {
    const every = child(node, 'every');
    return {
      name: this.#text(node, 'name') ?? { value: '', ...this.place(node) },
      start: textOf(child(node, 'start')) === 'manual' ? 'manual' : 'boot',
      onConsole: this.#text(node, 'onConsole'),
      after: texts(child(node, 'after')).map(({ text }) => text),
      repeat: Number(scalarOf(child(node, 'repeat')) ?? 1),
      everyMs: { value: durationMs(textOf(every) ?? '500ms'), ...this.place(every ?? node) },
      seed: Number(scalarOf(child(node, 'seed')) ?? 1),
      steps: items(child(node, 'steps')).map((step) => this.#step(step)),
    };
  }

  #step(node: Tree): ScenarioStepSpec {
    const kind = stepKinds.find((each) => child(node, each) !== undefined) ?? 'set';
    const changes = child(node, kind);
    return {
      kind,
      atMs: durationMs(textOf(child(node, 'at')) ?? ''),
      overMs: durationMs(textOf(child(node, 'over')) ?? ''),
      device: this.#text(node, 'device') ?? { value: '', ...this.place(node) },
      quantities: this.#quantities(changes?.kind === 'mapping' ? changes : undefined, []),
    };
  }

  #quantities(node: MappingNode | undefined, others: readonly string[]): readonly PlacedEntry<string | number>[] {
    return [...(node?.entries ?? [])].flatMap(([name, { key, value }]) => {
      const written = scalarOf(value);
      if (others.includes(name) || (typeof written !== 'string' && typeof written !== 'number')) return [];
      return [{ key: { value: name, ...this.place(key) }, value: written, ...this.place(value) }];
    });
  }

  #registers(node: Tree | undefined): readonly PlacedEntry<number | readonly number[]>[] {
    if (node?.kind !== 'mapping') return [];
    return [...node.entries].map(([name, { key, value }]) => ({
      key: { value: name, ...this.place(key) },
      value: toPlain(value) as number | readonly number[],
      ...this.place(value),
    }));
  }

  #text(owner: Tree, key: string): Placed<string> | undefined {
    const node = child(owner, key);
    const value = textOf(node);
    return node === undefined || value === undefined ? undefined : { value, ...this.place(node) };
  }

  #number(owner: Tree, key: string): Placed<number> {
    const node = child(owner, key) ?? owner;
    return { value: Number(scalarOf(node)), ...this.place(node) };
  }
}

type Document = Readonly<Record<string, unknown>>;

/** The YAML's keys and values of emulated hardware. */
export function hardwareDocument({ i2c, scenarios, trace }: HardwareSpec): Document {
  return {
    i2c: i2c.map(({ name, devices }) => ({ name: name.value, devices: devices.map(deviceDocument) })),
    ...(scenarios.length > 0 && { scenarios: scenarios.map(scenarioDocument) }),
    ...(trace && { trace }),
  };
}

function deviceDocument(device: I2cDeviceSpec): Document {
  const { address, name, model, dump, content, driver, registers, words, quantities } = device;
  const written = { name, model, dump, content, driver };
  return {
    address: address.value,
    ...Object.fromEntries(Object.entries(written).flatMap(([key, each]) => (each ? [[key, each.value]] : []))),
    ...(registers.length > 0 && { registers: entriesDocument(registers) }),
    ...(words.length > 0 && { words: entriesDocument(words) }),
    ...entriesDocument(quantities),
  };
}

function entriesDocument(entries: readonly PlacedEntry<unknown>[]): Document {
  return Object.fromEntries(entries.map(({ key, value }) => [key.value, value]));
}

function scenarioDocument(scenario: ScenarioSpec): Document {
  const { name, start, onConsole, after, repeat, everyMs, seed, steps } = scenario;
  return {
    name: name.value,
    ...(onConsole ? { onConsole: onConsole.value } : { start }),
    ...(after.length > 0 && { after }),
    repeat,
    every: durationText(everyMs.value),
    seed,
    steps: steps.map(({ kind, atMs, overMs, device, quantities }) => ({
      at: durationText(atMs),
      device: device.value,
      [kind]: entriesDocument(quantities),
      ...(kind !== 'set' && { over: durationText(overMs) }),
    })),
  };
}
