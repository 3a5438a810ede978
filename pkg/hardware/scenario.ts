import { didYouMean, nearest } from '../errors/index.ts';
import { type Placed, quoted, type ScenarioSpec } from '../spec/index.ts';
import { type ConsoleLine, parseConsoleLine } from './console-line.ts';
import { type EmulatedDevice, readQuantities } from './device.ts';
import type { Findings } from './findings.ts';
import type { Values } from './model.ts';
import { seededRandom } from './random.ts';
import { type Change, instants, track, type Track } from './track.ts';
import { type CellWrite, writesBetween } from './writes.ts';

/** A scenario as register writes. */
export interface CompiledScenario {
  readonly name: string;
  /** A line of the console starts it where it is not `boot` or `manual`. */
  readonly start: 'boot' | 'manual' | ConsoleLine;
  readonly after: readonly string[];
  /** 0 is without end. */
  readonly repeat: number;
  /** Length of one round. */
  readonly lengthMs: number;
  /** What a round begins with: every register that it changes, as it was at first. */
  readonly reset: readonly DeviceWrite[];
  readonly writes: readonly TimedWrite[];
}

export interface DeviceWrite extends CellWrite {
  readonly bus: string;
  readonly address: number;
}

export interface TimedWrite extends DeviceWrite {
  readonly atMs: number;
}

export interface PlacedDevice {
  readonly bus: string;
  readonly device: EmulatedDevice;
}

/** A write takes the guest 5 ms under emulation, and a change needs several. */
const shortestEveryMs = 50;
const mostInstants = 10_000;

/** @returns `undefined` where something is wrong with it */
export function compileScenario(
  scenario: ScenarioSpec,
  devices: readonly PlacedDevice[],
  findings: Findings,
): CompiledScenario | undefined {
  const { everyMs, repeat, steps } = scenario;
  if (everyMs.value < shortestEveryMs) {
    const message = `"every" must be ${shortestEveryMs}ms or more: the guest cannot write registers any faster`;
    findings.report(everyMs, { code: 'invalid-value', message });
    return undefined;
  }
  const changes = readChanges(scenario, devices, findings);
  const all = [...changes.values()].flatMap((byQuantity) => [...byQuantity.values()].flat());
  const times = instants(all, everyMs.value);
  if (times.length > mostInstants) {
    const message = `this scenario has ${times.length} points in time; ${mostInstants} are the most`;
    findings.report(everyMs, { code: 'too-large', message, hint: 'Make "every" longer, or ramps and noise shorter.' });
    return undefined;
  }
  const random = seededRandom(scenario.seed);
  const played = [...changes].map(([placed, byQuantity]) => play(placed, byQuantity, times, random));
  const lengthMs = Math.max(0, ...steps.map(({ atMs, overMs, kind }) => atMs + (kind === 'set' ? 0 : overMs)));
  if (repeat !== 1 && lengthMs === 0) {
    const message = 'a scenario that repeats needs steps that take time';
    findings.report(scenario.name, { code: 'invalid-value', message });
    return undefined;
  }
  const start = startOf(scenario, findings);
  if (!start) return undefined;
  const { name, after } = scenario;
  const writes = played.flatMap((each) => each.writes).sort((a, b) => a.atMs - b.atMs);
  return { name: name.value, start, after, repeat, lengthMs, reset: played.flatMap((each) => each.reset), writes };
}

function startOf({ start, onConsole }: ScenarioSpec, findings: Findings): CompiledScenario['start'] | undefined {
  if (!onConsole) return start;
  try {
    return parseConsoleLine(onConsole.value);
  } catch (error) {
    const message = `this is not a regular expression for a line: ${(error as SyntaxError).message}`;
    findings.report(onConsole, { code: 'invalid-value', message });
    return undefined;
  }
}

type ChangesByQuantity = ReadonlyMap<string, readonly Change[]>;

function readChanges(
  { steps }: ScenarioSpec,
  devices: readonly PlacedDevice[],
  findings: Findings,
): ReadonlyMap<PlacedDevice, ChangesByQuantity> {
  const changes = new Map<PlacedDevice, Map<string, Change[]>>();
  for (const { kind, atMs, overMs, device, quantities } of steps) {
    const placed = findDevice(device, devices, findings);
    if (!placed) continue;
    const { model, name } = placed.device;
    if (!model) {
      const message = `the device ${quoted(name)} has no model, and so nothing that could change`;
      findings.report(device, { code: 'invalid-value', message });
      continue;
    }
    const values = readQuantities(model, quantities, findings, kind === 'noise' ? 'deviation' : 'value');
    const byQuantity = changes.get(placed) ?? new Map<string, Change[]>();
    changes.set(placed, byQuantity);
    for (const [quantity, value] of Object.entries(values)) {
      const list = byQuantity.get(quantity) ?? [];
      list.push({ kind, atMs, overMs, value });
      byQuantity.set(quantity, list);
    }
  }
  return changes;
}

function findDevice(
  { value, ...place }: Placed<string>,
  devices: readonly PlacedDevice[],
  findings: Findings,
): PlacedDevice | undefined {
  const found = devices.find(({ bus, device }) => value === device.name || value === `${bus}/${device.name}`);
  if (found) return found;
  const names = devices.map(({ device }) => device.name);
  findings.report(place, {
    code: 'unknown-name',
    message: `I2C device ${quoted(value)} not found${didYouMean(value, names)}`,
    suggestions: nearest(value, names),
    hint: names.length === 0 ? undefined : `There are ${names.join(', ')}.`,
  });
  return undefined;
}

function play(
  { bus, device }: PlacedDevice,
  byQuantity: ChangesByQuantity,
  times: readonly number[],
  random: () => number,
): { readonly reset: readonly DeviceWrite[]; readonly writes: readonly TimedWrite[] } {
  const { address, cells: initial, encode, values, model } = device;
  const tracks = [...byQuantity].flatMap(([name, changes]): readonly (readonly [string, Track])[] => {
    const quantity = model?.quantities[name];
    return quantity ? [[name, track(values[name] ?? quantity.default, changes, quantity, random)]] : [];
  });
  let cells = initial;
  const writes = times.flatMap((atMs): readonly TimedWrite[] => {
    const now: Values = { ...values, ...Object.fromEntries(tracks.map(([name, at]) => [name, at(atMs)])) };
    const next = encode(now);
    const changed = writesBetween(cells, next).map((write) => ({ ...write, bus, address, atMs }));
    cells = next;
    return changed;
  });
  const touched = new Map(writes.map(({ register, kind }) => [register, kind]));
  for (const { register, kind } of writes) if (kind === 'word') touched.set(register, kind);
  const reset = [...touched]
    .sort(([a], [b]) => a - b)
    .map(([register, kind]) => ({ bus, address, register, kind, word: initial[register] ?? 0 }));
  return { reset, writes };
}
