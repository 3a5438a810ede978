import type { BusDeviceSpec, DeviceSpec } from '../spec/index.ts';
import { busDevices, busRule } from './buses.ts';
import { bundleError, type Subject } from './error.ts';
import type { OciDevice, OciDeviceRule } from './oci.ts';

const allAccess = 'rwm';

/**
 * The device nodes to make, and the rules that let the device cgroup allow them. The path `all` makes no node: it
 * allows every device of its type.
 *
 * @throws {BundleError} `invalid-device`
 */
export function makeDevices(
  subject: Subject,
  specs: readonly (DeviceSpec | BusDeviceSpec)[],
): { readonly devices: readonly OciDevice[]; readonly rules: readonly OciDeviceRule[] } {
  const devices = specs.flatMap((spec) => {
    if ('i2c' in spec) return busDevices(spec.i2c);
    return spec.path === 'all' ? [] : [device(subject, spec)];
  });
  const rules = specs.flatMap((spec) => ('i2c' in spec ? [busRule(spec.i2c)] : rule(spec)));
  return { devices, rules };
}

function device(subject: Subject, spec: DeviceSpec): OciDevice {
  const { path, type, major, minor, mode } = spec;
  if (!path.startsWith('/')) {
    const hint = 'Write its path in the container, such as "/dev/ttyS0", or "all".';
    throw bundleError(subject, 'invalid-device', 'devices', `"${path}" is not an absolute path`, hint);
  }
  if (type === 'a') {
    const hint = 'Type "a" goes with the path "all"; a device is of type c (character), b (block) or p (FIFO).';
    throw bundleError(subject, 'invalid-device', 'devices', `${path} cannot be of type "a"`, hint);
  }
  if (!/^[0-7]{1,4}$/.test(mode)) {
    const problem = `the mode of ${path}, "${mode}", is not an octal number`;
    throw bundleError(subject, 'invalid-device', 'devices', problem, 'Add its permissions in quotes: mode: "0660".');
  }
  const numbers = type === 'p' ? { major: undefined, minor: undefined } : { major, minor };
  return { path, type, ...numbers, fileMode: Number.parseInt(mode, 8) };
}

/** FIFOs are not subject to the device cgroup, to which unbuffered character devices (`u`) are plain ones. */
function rule({ path, type, major, minor }: DeviceSpec): readonly OciDeviceRule[] {
  if (type === 'p') return [];
  const kind = type === 'u' ? 'c' : type;
  if (path === 'all') return [{ allow: true, type: kind, access: allAccess }];
  return [{ allow: true, type: kind, major, minor, access: allAccess }];
}
