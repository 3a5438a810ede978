import type { Converter } from '../draft.ts';
import { listOfTexts } from '../values.ts';

/** Devices with fixed numbers (Linux, Documentation/admin-guide/devices.txt). */
const fixed: Readonly<Record<string, readonly [major: number, minor: number]>> = {
  '/dev/mem': [1, 1],
  '/dev/null': [1, 3],
  '/dev/zero': [1, 5],
  '/dev/full': [1, 7],
  '/dev/random': [1, 8],
  '/dev/urandom': [1, 9],
  '/dev/kmsg': [1, 11],
  '/dev/tty': [5, 0],
  '/dev/console': [5, 1],
  '/dev/watchdog': [10, 130],
  '/dev/net/tun': [10, 200],
  '/dev/fuse': [10, 229],
  '/dev/kvm': [10, 232],
  '/dev/loop-control': [10, 237],
};

/** Families of devices: a prefix, the major number, and the minor of the first. */
const families: readonly (readonly [prefix: string, major: number, first: number])[] = [
  ['/dev/ttyS', 4, 64],
  ['/dev/ttyAMA', 204, 64],
  ['/dev/ttyACM', 166, 0],
  ['/dev/ttyUSB', 188, 0],
  ['/dev/i2c-', 89, 0],
  ['/dev/video', 81, 0],
  ['/dev/hvc', 229, 0],
];

/** `devices` and `device_cgroup_rules`. lkit makes device nodes by their numbers. */
export const devices: Converter = (service) => {
  for (const { text, node } of listOfTexts(service.get('devices'))) {
    const [source = '', target = source] = text.split(':');
    const numbers = numbersOf(source);
    if (numbers === undefined) {
      service.warn(
        node,
        `the numbers of ${source} are not known, and the device is left out`,
        'Add it to the result: devices.',
      );
      continue;
    }
    const [major, minor] = numbers;
    service.add('devices', { path: target, type: 'c', major, minor, mode: '0660' });
  }
  for (const { text, node } of listOfTexts(service.get('device_cgroup_rules'))) {
    const match = /^([abc]) (\*|\d+):(\*|\d+) ([rwm]+)$/.exec(text.trim());
    if (match === null) {
      service.invalid(node, 'this is not a rule for devices', 'Example: "c 188:* rwm".');
      continue;
    }
    const [, type, major, minor, access] = match;
    const number = (name: string, value = '*'): object => (value === '*' ? {} : { [name]: Number(value) });
    const rule = { allow: true, type, ...number('major', major), ...number('minor', minor), access };
    const resources = (service.keys['resources'] ?? {}) as { readonly devices?: readonly unknown[] };
    service.keys['resources'] = { ...resources, devices: [...(resources.devices ?? []), rule] };
  }
};

function numbersOf(device: string): readonly [number, number] | undefined {
  if (Object.hasOwn(fixed, device)) return fixed[device];
  for (const [prefix, major, first] of families) {
    const index = device.startsWith(prefix) ? device.slice(prefix.length) : '';
    if (/^\d+$/.test(index)) return [major, first + Number(index)];
  }
  return undefined;
}
