import path from 'node:path';
import { didYouMean } from '../../errors/index.ts';
import { HardwareError } from '../error.ts';
import { hex } from '../hex.ts';
import { importModel, isModelFile } from '../load.ts';
import type { DeviceModel, RegisterImage, Values } from '../model.ts';
import { models } from '../models/index.ts';
import { type Cells, fromCells, register, toCells } from '../registers.ts';
import { parseQuantity } from '../units.ts';
import { type CellWrite, writesBetween } from '../writes.ts';
import type { LiveDevice } from './bus.ts';

/**
 * The model of a device in a running machine; `undefined` where it has none.
 *
 * @param folder what a model file of the user's is relative to
 * @throws {HardwareError} `no-model`
 */
export async function modelOf({ model, name }: LiveDevice, folder: string): Promise<DeviceModel | undefined> {
  if (model === undefined) return undefined;
  const known = models.find((each) => each.name === model.toLowerCase());
  if (known) return known;
  try {
    if (isModelFile(model)) return await importModel(path.resolve(folder, model));
  } catch (cause) {
    const message = `cannot load the model of ${name}, ${model}: ${(cause as Error).message}`;
    throw new HardwareError('no-model', message, { kind: 'input', cause, hint: 'Run lkit where the YAML is.' });
  }
  throw new HardwareError('no-model', `this lkit has no model "${model}"`, { kind: 'input' });
}

/** What a device's registers say in physical values. */
export function liveValues(device: LiveDevice, model: DeviceModel, cells: Cells): Values {
  return { ...device.values, ...model.decode(registersNow(model, device, cells), device.values) };
}

/** A device's registers, in its model's width; 8 bits without one. */
export function registersNow(model: DeviceModel | undefined, device: LiveDevice, cells: Cells): RegisterImage {
  return fromCells(cells, model?.encode(device.values, contextOf(device)).width ?? 8);
}

/** A register's value in hexadecimal. @throws {HardwareError} `invalid-value` */
export function registerText(image: RegisterImage, name: string): string {
  return hex(register(image, registerNumber(name)), image.width / 4);
}

export function noQuantity({ name }: LiveDevice, wanted: string, names: readonly string[]): HardwareError {
  const hint = names.length === 0 ? 'It has registers only: 0x10.' : `It has ${names.join(', ')}, and registers: 0x10.`;
  return invalid(`the device "${name}" has no "${wanted}"${didYouMean(wanted, names)}`, hint);
}

/** An assignment as a user writes it: `temperature=40 °C`, `0xf4=0x57`. */
export interface Assignment {
  readonly name: string;
  readonly value: string;
}

/** @throws {HardwareError} `invalid-value` */
export function parseAssignment(text: string): Assignment {
  const equals = text.indexOf('=');
  if (equals > 0) return { name: text.slice(0, equals).trim(), value: text.slice(equals + 1).trim() };
  throw invalid(`"${text}" is no assignment`, 'Write QUANTITY=VALUE or REGISTER=VALUE: temperature=40°C, 0xf4=0x57.');
}

/** True for a register rather than a quantity. */
export function isRegister(name: string): boolean {
  return /^(0x[0-9a-f]{1,2}|\d+)$/i.test(name);
}

/**
 * The writes that give a device other values, of quantities and of registers. Registers that a program set and no
 * quantity stands in stay as they are.
 *
 * @throws {HardwareError} `invalid-value`
 */
export function writesFor(
  device: LiveDevice,
  model: DeviceModel | undefined,
  cells: Cells,
  assignments: readonly Assignment[],
): readonly CellWrite[] {
  const quantities = assignments.filter(({ name }) => !isRegister(name));
  const registers = assignments.filter(({ name }) => isRegister(name));
  const wanted = Uint16Array.from(cells);
  if (quantities.length > 0) {
    const before = model && liveValues(device, model, cells);
    if (!model || !before) throw invalid(`the device "${device.name}" has no model, only registers`);
    const after = {
      ...before,
      ...Object.fromEntries(quantities.map((each) => [each.name, quantityValue(device, model, each)])),
    };
    for (const { register, kind, word } of writesBetween(encode(device, model, before), encode(device, model, after))) {
      wanted[register] = kind === 'high' ? ((wanted[register] ?? 0) & 0xff) | (word & 0xff00) : word;
    }
  }
  const { width, values } = registersNow(model, device, wanted);
  const image = new Map(values);
  for (const { name, value } of registers) image.set(registerNumber(name), registerValue(value, width));
  const after = registers.length === 0 ? wanted : toCells({ width, values: image });
  return writesBetween(cells, after);
}

function encode(device: LiveDevice, model: DeviceModel, values: Values): Cells {
  try {
    return toCells(model.encode(values, contextOf(device)));
  } catch (cause) {
    throw new HardwareError('invalid-value', (cause as Error).message, { kind: 'input', cause });
  }
}

function contextOf({ driver = false }: LiveDevice): Parameters<DeviceModel['encode']>[1] {
  return { driver, content: new Uint8Array() };
}

function quantityValue(device: LiveDevice, model: DeviceModel, { name, value }: Assignment): number {
  const quantity = Object.hasOwn(model.quantities, name) ? model.quantities[name] : undefined;
  if (!quantity) {
    throw noQuantity(device, name, Object.keys(model.quantities));
  }
  const parsed = parseQuantity(value, quantity);
  if ('value' in parsed) return parsed.value;
  throw invalid(`${name}: ${parsed.problem}`, parsed.hint);
}

function registerNumber(name: string): number {
  const number = Number(name);
  if (isRegister(name) && number <= 0xff) return number;
  throw invalid(`"${name}" is not a register from 0x00 to 0xff`);
}

function registerValue(text: string, width: 8 | 16): number {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
  if (value < 2 ** width) return value;
  throw invalid(`"${text}" is not a value of ${width} bits`);
}

function invalid(message: string, hint?: string): HardwareError {
  return new HardwareError('invalid-value', message, { kind: 'input', hint });
}
