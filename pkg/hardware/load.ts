import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { HardwareSpec, Placed } from '../spec/index.ts';
import type { DumpText } from './dump.ts';
import type { Findings } from './findings.ts';
import type { DeviceModel } from './model.ts';

/** The files that a description of hardware names, by `fileKey`. */
export interface HardwareFiles {
  readonly models: ReadonlyMap<string, DeviceModel>;
  readonly dumps: ReadonlyMap<string, DumpText>;
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

/** True for a model that is a file of the user's. */
export function isModelFile(model: string): boolean {
  return /^(?:\.{0,2}\/)|\.[cm]?js$/.test(model);
}

export function fileKey(baseDir: string, file: string): string {
  return path.resolve(baseDir, file);
}

/** Reads every file that the hardware names. What cannot be read is reported where it is named. */
export async function loadFiles(hardware: HardwareSpec, findings: Findings): Promise<HardwareFiles> {
  const models = new Map<string, DeviceModel>();
  const dumps = new Map<string, DumpText>();
  const contents = new Map<string, Uint8Array>();
  for (const { devices } of hardware.i2c) {
    for (const { model, dump, content, baseDir } of devices) {
      if (model && isModelFile(model.value)) {
        const file = fileKey(baseDir, model.value);
        const loaded = await orReport(model, findings, () => importModel(file));
        if (loaded) models.set(file, loaded);
      }
      if (dump) {
        const file = fileKey(baseDir, dump.value);
        const text = await orReport(dump, findings, () => readFile(file, 'utf8'));
        if (text !== undefined) dumps.set(file, { file: dump.value, text });
      }
      if (content) {
        const file = fileKey(baseDir, content.value);
        const bytes = await orReport(content, findings, () => readFile(file));
        if (bytes) contents.set(file, bytes);
      }
    }
  }
  return { models, dumps, contents };
}

async function orReport<Value>(
  place: Placed<string>,
  findings: Findings,
  read: () => Promise<Value>,
): Promise<Value | undefined> {
  try {
    return await read();
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    const message = /^ENOENT/.test(reason) ? `there is no file ${place.value}` : `cannot use ${place.value}: ${reason}`;
    findings.report(place, { code: 'invalid-value', message });
    return undefined;
  }
}

/** Imports a user's model: the default export of a JavaScript module. */
export async function importModel(file: string): Promise<DeviceModel> {
  await access(file);
  const { default: model } = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
  requireModel(model);
  return model;
}

/** The shape of a model as far as lkit depends on it; what its functions return is checked when they are called. */
function requireModel(model: unknown): asserts model is DeviceModel {
  if (typeof model !== 'object' || model === null) throw new Error('it has no default export that is an object');
  const fields = model as Partial<Record<keyof DeviceModel, unknown>>;
  const types = { name: 'string', description: 'string', dataSheet: 'string', encode: 'function', decode: 'function' };
  for (const [key, type] of Object.entries(types)) {
    if (typeof fields[key as keyof DeviceModel] !== type) throw new Error(`its "${key}" must be a ${type}`);
  }
  if (!/^[a-z][a-z0-9-]*$/.test(String(fields.name))) {
    throw new Error('its "name" must be made of small letters, digits and -');
  }
  if (!Array.isArray(fields.addresses) || !fields.addresses.every(Number.isInteger)) {
    throw new Error('its "addresses" must be a list of whole numbers');
  }
  if (typeof fields.quantities !== 'object' || fields.quantities === null) {
    throw new Error('its "quantities" must be an object');
  }
  for (const [name, quantity] of Object.entries(fields.quantities as Record<string, Record<string, unknown>>)) {
    const wrong = ['minimum', 'maximum', 'default', 'resolution'].find((key) => typeof quantity[key] !== 'number');
    if (wrong !== undefined) throw new Error(`its quantity "${name}" lacks the number "${wrong}"`);
  }
}
