import type { BusDeviceSpec, DeviceSpec } from '../spec/index.ts';
import type { OciDevice, OciDeviceRule } from './oci.ts';
import { quote } from './shell.ts';

/** Stands in config.json for a bus's number, which only the running kernel knows. */
export type BusNumber = `@i2c:${string}@`;

/** Character devices of this class are I2C buses (Linux's Documentation/admin-guide/devices.txt). */
const i2cMajor = 89;

function busNumber(name: string): BusNumber {
  return `@i2c:${name}@`;
}

/** The emulated I2C buses among a container's devices. */
export function busNames(specs: readonly (DeviceSpec | BusDeviceSpec)[]): readonly string[] {
  return [...new Set(specs.flatMap((spec) => ('i2c' in spec ? [spec.i2c] : [])))];
}

/** A bus under its number, as programs look for it, and under its name. Whoever is in the container may use it. */
export function busDevices(name: string): readonly OciDevice[] {
  const node = { type: 'c', major: i2cMajor, minor: busNumber(name), fileMode: 0o666 };
  return [`/dev/i2c-${busNumber(name)}`, `/dev/i2c/${name}`].map((path) => ({ path, ...node }));
}

export function busRule(name: string): OciDeviceRule & { readonly minor: BusNumber } {
  return { allow: true, type: 'c', major: i2cMajor, minor: busNumber(name), access: 'rwm' };
}

/** `LKIT_I2C_SENSORS=/dev/i2c-N` */
export function busVariable(name: string): string {
  return `LKIT_I2C_${name.toUpperCase().replaceAll('-', '_')}=/dev/i2c-${busNumber(name)}`;
}

/** Commands that put a copy of config.json with the buses' numbers over the one in the bundle. */
export function completeConfig(bundle: string, folder: string, names: readonly string[]): readonly string[] {
  const config = quote(`${bundle}/config.json`);
  const completed = quote(`${folder}/config.json`);
  const edits = names.map(
    (_, index) => `-e "s/\\"$token${index}\\"/$number${index}/g" -e "s/$token${index}/$number${index}/g"`,
  );
  return [
    ...names.flatMap((name, index) => [
      `token${index}=${quote(busNumber(name))}`,
      `number${index}=$(readlink ${quote(`/dev/i2c/${name}`)}) ||`,
      `  { echo ${quote(`the emulated I2C bus "${name}" is not there: see the onboot container "hardware"`)} >&2; exit 1; }`,
      `number${index}=\${number${index}##*-}`,
    ]),
    `mkdir -p ${quote(folder)}`,
    `sed ${edits.join(' ')} ${config} >${completed}`,
    `mount -o bind ${completed} ${config}`,
  ];
}
