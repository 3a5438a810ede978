import type { EmulatedHardware } from './compile.ts';
import type { EmulatedDevice } from './device.ts';
import { hex } from './hex.ts';
import type { Values } from './model.ts';
import type { CompiledScenario, DeviceWrite } from './scenario.ts';

/** The folder in the guest that describes the emulated hardware. */
export const guestFolder = '/etc/lkit/hardware';

/** The hardware as `lkit i2c` finds it in the guest, in `hardware.json`. */
export interface GuestHardware {
  readonly buses: readonly {
    readonly name: string;
    readonly devices: readonly GuestDevice[];
  }[];
  readonly scenarios: readonly string[];
}

export interface GuestDevice {
  readonly name: string;
  readonly address: number;
  /** As in the YAML: a name, or a file of the user's. */
  readonly model?: string;
  /** A driver of the kernel has it. */
  readonly driver?: boolean;
  /** What it was made with. */
  readonly values: Values;
}

/**
 * The files of the folder, by name, for the scripts of images/hardware:
 * `bus`: the bus's name; `cells`: `ADDRESS REGISTER WORD` of every cell that is not 0; `drivers`: `ADDRESS DRIVER`;
 * `scenario.NAME`: a time in ms, then `word|high ADDRESS REGISTER WORD`.
 */
export function guestFiles({ buses, scenarios }: EmulatedHardware): ReadonlyMap<string, string> {
  const devices = buses.flatMap((bus) => bus.devices);
  return new Map([
    ['bus', lines(buses.map(({ name }) => name))],
    ['cells', lines(devices.flatMap(cellLines))],
    ['drivers', lines(devices.flatMap(({ address, driver }) => (driver ? [`${hex(address)} ${driver.name}`] : [])))],
    ['hardware.json', `${JSON.stringify(describe({ buses, scenarios }))}\n`],
    ...scenarios.map((scenario) => [`scenario.${scenario.name}`, lines(scenarioLines(scenario))] as const),
  ]);
}

function cellLines({ address, cells }: EmulatedDevice): readonly string[] {
  return [...cells].flatMap((word, register) =>
    word === 0 ? [] : [`${hex(address)} ${hex(register)} ${hex(word, 4)}`],
  );
}

function scenarioLines({ reset, writes }: CompiledScenario): readonly string[] {
  const write = ({ kind, address, register, word }: DeviceWrite): string =>
    `${kind} ${hex(address)} ${hex(register)} ${hex(word, 4)}`;
  return [...reset.map((each) => `0 ${write(each)}`), ...writes.map((each) => `${each.atMs} ${write(each)}`)];
}

function describe({ buses, scenarios }: Pick<EmulatedHardware, 'buses' | 'scenarios'>): GuestHardware {
  return {
    buses: buses.map(({ name, devices }) => ({
      name,
      devices: devices.map((device) => ({
        name: device.name,
        address: device.address,
        ...(device.modelName !== undefined && { model: device.modelName }),
        ...(device.driver && { driver: true }),
        values: device.values,
      })),
    })),
    scenarios: scenarios.map(({ name }) => name),
  };
}

function lines(list: readonly string[]): string {
  return list.map((line) => `${line}\n`).join('');
}
