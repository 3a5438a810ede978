import { quoted, type HardwareSpec, type I2cBusSpec } from '../spec/index.ts';
import { compileDevice, type EmulatedDevice } from './device.ts';
import type { Findings } from './findings.ts';
import { hex } from './hex.ts';
import type { HardwareFiles } from './load.ts';
import { compileScenario, type CompiledScenario } from './scenario.ts';

/** Emulated hardware with nothing left to look up: what the guest loads, and what it plays. */
export interface EmulatedHardware {
  readonly buses: readonly EmulatedBus[];
  readonly scenarios: readonly CompiledScenario[];
  readonly trace: boolean;
}

export interface EmulatedBus {
  readonly name: string;
  readonly devices: readonly EmulatedDevice[];
}

/** i2c-stub's `chip_addr=` takes ten addresses (drivers/i2c/i2c-stub.c, MAX_CHIPS). */
const devicesPerBus = 10;

/** Registers out of physical values. What is wrong goes to the findings; devices with mistakes are left out. */
export function compileHardware(hardware: HardwareSpec, files: HardwareFiles, findings: Findings): EmulatedHardware {
  const [, second] = hardware.i2c;
  if (second) {
    findings.report(second.name, {
      code: 'not-supported',
      message: `a second I2C bus, ${quoted(second.name.value)}, is not possible: the kernel's i2c-stub makes one`,
      hint: 'Put the devices on the first bus; it takes ten.',
    });
  }
  const buses = hardware.i2c.map((bus) => compileBus(bus, files, findings));
  const devices = buses.flatMap((bus) => bus.devices.map((device) => ({ bus: bus.name, device })));
  const scenarios = hardware.scenarios.flatMap((scenario) => compileScenario(scenario, devices, findings) ?? []);
  return { buses, scenarios, trace: hardware.trace };
}

function compileBus({ name, devices }: I2cBusSpec, files: HardwareFiles, findings: Findings): EmulatedBus {
  const extra = devices[devicesPerBus];
  if (extra) {
    const message = `${devices.length} devices are too many: i2c-stub has room for ${devicesPerBus} on its bus`;
    findings.report(extra.place, { code: 'not-supported', message });
  }
  const seen = new Map<number, number>();
  for (const { address } of devices) {
    const line = seen.get(address.value);
    if (line !== undefined) {
      const message = `a second device has the address ${hex(address.value)}; the first is on line ${line}`;
      findings.report(address, { code: 'duplicate-name', message });
    }
    seen.set(address.value, line ?? address.at.line);
  }
  const compiled = devices.flatMap((device) => compileDevice(device, files, findings) ?? []);
  return { name: name.value, devices: withNames(compiled, devices, findings) };
}

/** A device without a name of its own has its model's, with its address behind it where that is not enough. */
function withNames(
  compiled: readonly EmulatedDevice[],
  written: I2cBusSpec['devices'],
  findings: Findings,
): readonly EmulatedDevice[] {
  const named = new Set<string>();
  for (const { name } of written) {
    if (!name) continue;
    if (named.has(name.value)) {
      findings.report(name, { code: 'duplicate-name', message: `a second device is named ${quoted(name.value)}` });
    }
    named.add(name.value);
  }
  return compiled.map((device) => {
    const { name, address } = device;
    const isOwn = written.some((each) => each.name?.value === name && each.address.value === address);
    const isShared = named.has(name) || compiled.filter((other) => other.name === name).length > 1;
    return isOwn || !isShared ? device : { ...device, name: `${name}-${hex(address)}` };
  });
}
