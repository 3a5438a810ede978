import { compileHardware, type EmulatedHardware } from '../../../pkg/hardware/compile.ts';
import { Findings } from '../../../pkg/hardware/findings.ts';
import type { HardwareFiles } from '../../../pkg/hardware/load.ts';
import type { DeviceModel, EncodeContext, RegisterImage, Values } from '../../../pkg/hardware/model.ts';
import { fromCells, registerRuns, toCells } from '../../../pkg/hardware/registers.ts';
import { said, specOf } from '../spec/support.ts';

export const atRest: EncodeContext = { driver: false, content: new Uint8Array() };

/** The values of all of a model's quantities: those given, the others as they are by default. */
export function valuesOf(model: DeviceModel, given: Values): Values {
  const initial = Object.entries(model.quantities).map(([name, quantity]) => [name, quantity.default]);
  return { ...(Object.fromEntries(initial) as Values), ...given };
}

/** What a program reads: a model's registers, turned into cells of the emulated bus and back. */
export function registersOf(model: DeviceModel, given: Values, context = atRest): RegisterImage {
  const image = model.encode(valuesOf(model, given), context);
  return fromCells(toCells(image), image.width);
}

export function readBack(model: DeviceModel, given: Values, context = atRest): Values {
  return model.decode(registersOf(model, given, context), valuesOf(model, given));
}

export function bytes(start: number, text: string): Readonly<Record<number, readonly number[]>> {
  return { [start]: text.split(' ').map((byte) => Number.parseInt(byte, 16)) };
}

export function image8(...runs: readonly Readonly<Record<number, readonly number[]>>[]): RegisterImage {
  return registerRuns(8, Object.assign({}, ...runs) as Record<number, readonly number[]>);
}

const noFiles: HardwareFiles = { models: new Map(), dumps: new Map(), contents: new Map() };

export interface Compiled {
  readonly hardware: EmulatedHardware;
  /** All that was said: `a.yml:1:1 message`. */
  readonly said: readonly string[];
  readonly hints: readonly (string | undefined)[];
}

/** Compiles the `hardware:` of a YAML text; a service `web` is there as well. */
export function compile(yaml: string, files: Partial<HardwareFiles> = {}): Compiled {
  const { hardware } = specOf(`${yaml}\nservices: [{name: web, image: x}]\n`);
  if (!hardware) throw new Error('no hardware');
  const findings = new Findings();
  const compiled = compileHardware(hardware, { ...noFiles, ...files }, findings);
  return {
    hardware: compiled,
    said: findings.diagnostics.map(said),
    hints: findings.diagnostics.map(({ hint }) => hint),
  };
}

/** A bus `sensors` with these devices, the first of which stands on line 5. */
export function bus(...devices: readonly string[]): string {
  return `hardware:\n  i2c:\n    - name: sensors\n      devices:\n${devices.map((each) => `        - ${each}\n`).join('')}`;
}
