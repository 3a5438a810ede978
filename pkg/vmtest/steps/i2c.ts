import {
  findDevice,
  type GuestShell,
  HardwareError,
  hex,
  type LiveDevice,
  liveDevices,
  modelOf,
  readCells,
  readHardware,
  writeCells,
  writesFor,
} from '../../hardware/index.ts';
import type { CommandResult, GuestSession } from '../guest/session.ts';
import type { Action, DeviceName, I2cRegister } from '../types.ts';

/**
 * A bus is found by the link that its name is in /dev/i2c; numbers change. -f: a driver of the kernel's may hold the
 * device.
 */
const script = `
bus=$1 tool=$2
shift 2
case $bus in
  *[!0-9]*)
    [ -e "/dev/i2c/$bus" ] || { echo "there is no bus $bus" >&2; exit 1; }
    device=$(readlink -f "/dev/i2c/$bus")
    bus=\${device##*-}
    ;;
esac
exec "$tool" -y -f "$bus" "$@"`;

/** Reads a register; gives back in what it is not as expected. */
export async function readRegister(
  action: I2cRegister & { readonly equals: number },
  session: GuestSession,
  signal: AbortSignal,
): Promise<string | undefined> {
  const result = await i2c('i2cget', action, [], session, signal);
  if (result.exitCode !== 0) return failure(result);
  const found = Number(result.stdout.toString().trim());
  return found === action.equals ? undefined : `the register is ${hex(found)}, not ${hex(action.equals)}`;
}

/** Writes a register; gives back why that failed. */
export async function writeRegister(
  action: I2cRegister & { readonly to: number },
  session: GuestSession,
  signal: AbortSignal,
): Promise<string | undefined> {
  const result = await i2c('i2cset', action, [hex(action.to)], session, signal);
  return result.exitCode === 0 ? undefined : failure(result);
}

type SetValues = Extract<Action, { readonly kind: 'setValues' }>;

/** Has an emulated device measure something else; gives back why that failed. */
export async function setValues(
  { device: wanted, values, folder }: SetValues,
  session: GuestSession,
  signal: AbortSignal,
): Promise<string | undefined> {
  const control = await session.control(signal);
  const guest: GuestShell = { run: ({ command }) => control.run({ command, signal }) };
  try {
    const device = await deviceOf(guest, wanted);
    const model = await modelOf(device, folder);
    const assignments = [...values].map(([name, value]) => ({ name, value }));
    await writeCells(guest, device, writesFor(device, model, await readCells(guest, device), assignments));
    return undefined;
  } catch (error) {
    if (!(error instanceof HardwareError)) throw error;
    return error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
  }
}

async function deviceOf(guest: GuestShell, wanted: DeviceName): Promise<LiveDevice> {
  const hardware = await readHardware(guest);
  if ('name' in wanted) return findDevice(hardware, wanted.name);
  const { bus, address } = wanted;
  const found = liveDevices(hardware).find((each) => each.bus === bus && each.address === address);
  return found ?? findDevice(hardware, `${bus}/${hex(address)}`);
}

async function i2c(
  tool: 'i2cget' | 'i2cset',
  { bus, address, register, width }: I2cRegister,
  values: readonly string[],
  session: GuestSession,
  signal: AbortSignal,
): Promise<CommandResult> {
  const control = await session.control(signal);
  const words = [bus, tool, hex(address), hex(register), ...values, width === 'word' ? 'w' : 'b'];
  return await control.run({ command: ['/bin/sh', '-c', script, 'i2c', ...words], signal });
}

function failure({ stdout, stderr }: CommandResult): string {
  return stderr.toString().trim() || stdout.toString().trim() || 'the device does not answer';
}
