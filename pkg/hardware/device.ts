import { didYouMean, nearest } from '../errors/index.ts';
import { alternatives, type I2cDeviceSpec, type Place, type Placed, quoted } from '../spec/index.ts';
import { parseDump } from './dump.ts';
import type { Findings } from './findings.ts';
import { hex } from './hex.ts';
import { fileKey, type HardwareFiles, isModelFile } from './load.ts';
import type { DeviceModel, EncodeContext, Quantity, Values } from './model.ts';
import { impossibleModels, models } from './models/index.ts';
import { type Cells, fromCells, toCells } from './registers.ts';
import { formatQuantity, parseQuantity } from './units.ts';
import { writtenRegisters } from './written-registers.ts';

/** A device with its registers filled. */
export interface EmulatedDevice {
  readonly name: string;
  readonly address: number;
  /** `undefined` for one that is a dump or a list of registers. */
  readonly model: DeviceModel | undefined;
  /** How the YAML names the model. */
  readonly modelName: string | undefined;
  readonly values: Values;
  readonly cells: Cells;
  /** The registers for other values of the same device. */
  readonly encode: (values: Values) => Cells;
  /** The kernel's driver to bind. */
  readonly driver: DeviceModel['driver'];
}

/** @returns `undefined` for a device with a mistake that leaves no registers */
export function compileDevice(
  written: I2cDeviceSpec,
  files: HardwareFiles,
  findings: Findings,
): EmulatedDevice | undefined {
  const { address, name, dump, baseDir } = written;
  const model = written.model && findModel(written.model, baseDir, files, findings);
  if (written.model && !model) return undefined;
  if (model) checkAddress(model, address, findings);
  const values = model ? readValues(model, written.quantities, findings) : {};
  const driver = driverOf(written, model, findings);
  const context = { driver: driver !== undefined, content: contentOf(written, model, files, findings) };
  const dumped = dump && files.dumps.get(fileKey(baseDir, dump.value));
  const base = dumped && parseDump(dumped, findings);
  const overlay = [
    writtenRegisters(written.registers, 8, findings),
    writtenRegisters(written.words, 16, findings),
  ] as const;
  const encode = (each: Values): Cells => {
    let cells = model ? toCells(model.encode(each, context)) : (base ?? new Uint16Array(256));
    for (const { width, values: own } of overlay) {
      if (own.size > 0) cells = toCells({ width, values: new Map([...fromCells(cells, width).values, ...own]) });
    }
    return cells;
  };
  const cells = tryEncode(encode, values, written, findings);
  if (!cells) return undefined;
  const own = name?.value ?? model?.name ?? hex(address.value);
  const modelName = written.model?.value;
  return { name: own, address: address.value, model, modelName, values, cells, encode, driver };
}

function findModel(
  { value, ...place }: Placed<string>,
  baseDir: string,
  files: HardwareFiles,
  findings: Findings,
): DeviceModel | undefined {
  if (isModelFile(value)) return files.models.get(fileKey(baseDir, value));
  const known = models.find(({ name }) => name === value.toLowerCase());
  if (known) return known;
  const reason = impossibleModels.get(value.toLowerCase());
  if (reason !== undefined) {
    const message = `${quoted(value)} cannot be emulated on this bus: ${reason}`;
    findings.report(place, { code: 'not-supported', message });
    return undefined;
  }
  const names = models.map(({ name }) => name);
  findings.report(place, {
    code: 'unknown-name',
    message: `there is no model ${quoted(value)}${didYouMean(value, names)}`,
    suggestions: nearest(value, names),
    hint: `Models: ${names.join(', ')}; a file of your own (./my-sensor.js); or write "registers:".`,
  });
  return undefined;
}

function checkAddress({ name, addresses }: DeviceModel, address: Placed<number>, findings: Findings): void {
  if (addresses.includes(address.value)) return;
  const possible = alternatives(addresses.map((each) => hex(each)));
  const message = `the device ${name} answers at ${possible}, not at ${hex(address.value)}`;
  findings.report(address, { code: 'invalid-value', message });
}

function readValues(model: DeviceModel, written: I2cDeviceSpec['quantities'], findings: Findings): Values {
  const initial = Object.entries(model.quantities).map(([name, quantity]) => [name, quantity.default] as const);
  return { ...Object.fromEntries(initial), ...readQuantities(model, written, findings) };
}

/** Physical values of a model's quantities; those that are wrong are reported and left out. */
export function readQuantities(
  model: DeviceModel,
  written: I2cDeviceSpec['quantities'],
  findings: Findings,
  kind: 'value' | 'deviation' = 'value',
): Values {
  const values: Record<string, number> = {};
  for (const { key, value, ...place } of written) {
    const quantity = Object.hasOwn(model.quantities, key.value) ? model.quantities[key.value] : undefined;
    if (!quantity) {
      const names = Object.keys(model.quantities);
      const message = `unknown key ${quoted(key.value)} in ${model.name}${didYouMean(key.value, names)}`;
      const hint = names.length === 0 ? undefined : `It has ${names.join(', ')}.`;
      findings.report(key, { code: 'unknown-key', message, suggestions: nearest(key.value, names), hint });
      continue;
    }
    const parsed = parseQuantity(value, quantity, kind);
    if ('problem' in parsed) {
      findings.report(place, { code: 'invalid-value', message: `${key.value}: ${parsed.problem}`, hint: parsed.hint });
      continue;
    }
    values[key.value] = parsed.value;
    if (kind === 'value') reportRounding(model.name, key.value, parsed.value, quantity, place, findings);
  }
  return values;
}

/** A device can only tell what its steps allow. */
function reportRounding(
  model: string,
  name: string,
  value: number,
  quantity: Quantity,
  place: Place,
  findings: Findings,
): void {
  const steps = value / quantity.resolution;
  if (Math.abs(steps - Math.round(steps)) < 1e-6) return;
  const becomes = formatQuantity(Math.round(steps) * quantity.resolution, quantity);
  const message = `${name}: a ${model} tells it in steps of ${formatQuantity(quantity.resolution, quantity)}: it will be ${becomes}`;
  findings.report(place, { severity: 'notice', code: 'no-effect', message });
}

function driverOf(
  { driver, model: written }: I2cDeviceSpec,
  model: DeviceModel | undefined,
  findings: Findings,
): DeviceModel['driver'] {
  if (driver?.value !== true) return undefined;
  if (model?.driver) return model.driver;
  const what = written ? `the model ${quoted(written.value)} names no driver of the kernel` : 'there is no "model"';
  const message = `"driver" has nothing to bind: ${what}`;
  findings.report(driver, { code: 'no-effect', message });
  return undefined;
}

function contentOf(
  { content, baseDir }: I2cDeviceSpec,
  model: DeviceModel | undefined,
  files: HardwareFiles,
  findings: Findings,
): EncodeContext['content'] {
  const none = new Uint8Array();
  if (!content) return none;
  const capacity = model?.capacity;
  if (capacity === undefined) {
    const message = `${model ? `the model ${quoted(model.name)}` : 'a device without a model'} has no memory for "content"`;
    findings.report(content, { code: 'no-effect', message });
    return none;
  }
  const bytes = files.contents.get(fileKey(baseDir, content.value)) ?? none;
  if (bytes.length <= capacity) return bytes;
  const message = `${content.value} has ${bytes.length} bytes, and the device only ${capacity}`;
  findings.report(content, { code: 'invalid-value', message });
  return none;
}

function tryEncode(
  encode: (values: Values) => Cells,
  values: Values,
  { model, place }: I2cDeviceSpec,
  findings: Findings,
): Cells | undefined {
  try {
    return encode(values);
  } catch (error) {
    findings.report(model ?? place, { code: 'invalid-value', message: (error as Error).message });
    return undefined;
  }
}
