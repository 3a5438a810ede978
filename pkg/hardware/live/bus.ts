import { didYouMean } from '../../errors/index.ts';
import { parseDump } from '../dump.ts';
import { HardwareError } from '../error.ts';
import { Findings } from '../findings.ts';
import { type GuestDevice, guestFolder, type GuestHardware } from '../guest-files.ts';
import { hex } from '../hex.ts';
import type { Cells } from '../registers.ts';
import type { CellWrite } from '../writes.ts';
import { type GuestShell, runScript } from './shell.ts';

/** An emulated device of a running machine. */
export interface LiveDevice extends GuestDevice {
  readonly bus: string;
}

/** @throws {HardwareError} `no-hardware` */
export async function readHardware(guest: GuestShell): Promise<GuestHardware> {
  const text = await runScript(guest, `cat ${guestFolder}/hardware.json 2>/dev/null || :`);
  if (text !== '') return JSON.parse(text) as GuestHardware;
  throw new HardwareError('no-hardware', 'this machine has no emulated hardware', {
    kind: 'input',
    hint: 'Its YAML needs "hardware:" (docs/hardware.md).',
  });
}

export function liveDevices({ buses }: GuestHardware): readonly LiveDevice[] {
  return buses.flatMap(({ name, devices }) => devices.map((device) => ({ ...device, bus: name })));
}

/**
 * A device by its name, by `BUS/NAME` or by its address.
 *
 * @throws {HardwareError} `no-device`
 */
export function findDevice(hardware: GuestHardware, wanted: string): LiveDevice {
  const devices = liveDevices(hardware);
  const found = devices.find(
    ({ bus, name, address }) => [name, `${bus}/${name}`].includes(wanted) || hex(address) === wanted.toLowerCase(),
  );
  if (found) return found;
  const names = devices.map(({ name }) => name);
  throw new HardwareError('no-device', `there is no device "${wanted}"${didYouMean(wanted, names)}`, {
    kind: 'input',
    hint: `There are ${names.join(', ')}.`,
  });
}

/**
 * What lkit itself does is no part of a trace: neither this shell's accesses nor its children's
 * (Documentation/trace/ftrace.rst, "set_event_notrace_pid").
 */
const untraced =
  'cd /sys/kernel/tracing 2>/dev/null && echo 1 >options/event-fork && echo $$ >>set_event_notrace_pid; cd /\n';

/** `$bus`: the bus's number; fails where the bus is missing. */
const busNumber =
  untraced + 'bus=$(readlink "/dev/i2c/$1") || { echo "the bus $1 is not there" >&2; exit 1; }; bus=${bus##*-}\n';

/** What a device's registers hold now. -f: a driver may have the device. */
export async function readCells(guest: GuestShell, { bus, address }: LiveDevice): Promise<Cells> {
  const text = await runScript(guest, `${busNumber}i2cdump -f -y "$bus" "$2" w`, bus, hex(address));
  const cells = parseDump({ file: 'i2cdump', text }, new Findings());
  if (cells) return cells;
  throw new HardwareError('guest-failed', `the guest's i2cdump did not print registers: ${text}`);
}

/** What i2cdump prints of a device, by bytes. */
export async function dumpDevice(guest: GuestShell, { bus, address }: LiveDevice): Promise<string> {
  return runScript(guest, `${busNumber}i2cdump -f -y "$bus" "$2" b`, bus, hex(address));
}

export async function writeCells(
  guest: GuestShell,
  { bus, address }: LiveDevice,
  writes: readonly CellWrite[],
): Promise<void> {
  const lines = writes.map(({ kind, register, word }) => {
    const at = `"$bus" ${hex(address)} ${hex(register)}`;
    // The lower half may be what a program wrote.
    const low = kind === 'high' ? `$(($(i2cget -f -y ${at}) | ${hex(word & 0xff00, 4)}))` : hex(word, 4);
    return `i2cset -f -y ${at} ${low} w || exit 1\n`;
  });
  await runScript(guest, busNumber + lines.join(''), bus);
}

/**
 * Has a scenario play, which `start: manual` made wait.
 *
 * @throws {HardwareError} `no-scenario`
 */
export async function playScenario(guest: GuestShell, { scenarios }: GuestHardware, name: string): Promise<void> {
  if (!scenarios.includes(name)) {
    const hint = scenarios.length === 0 ? 'The YAML has none.' : `There are ${scenarios.join(', ')}.`;
    const message = `there is no scenario "${name}"${didYouMean(name, scenarios)}`;
    throw new HardwareError('no-scenario', message, { kind: 'input', hint });
  }
  const script = '[ -p "$1" ] || { echo "its service does not run" >&2; exit 1; }; echo >"$1"';
  await runScript(guest, script, `/run/lkit/hardware/play.${name}`);
}
