import type { GuestHardware } from '../guest-files.ts';
import { hex } from '../hex.ts';
import type { GuestShell } from './shell.ts';

/** One access to a bus, as the kernel saw it (include/trace/events/smbus.h). */
export interface BusAccess {
  /** Seconds since the guest started. */
  readonly seconds: number;
  /** The program, or the kernel's thread. */
  readonly program: string;
  /** The bus's number. */
  readonly bus: number;
  readonly address: number;
  readonly direction: 'read' | 'write';
  /** `BYTE_DATA`, `WORD_DATA`, `I2C_BLOCK_DATA`, `BYTE`, `QUICK` */
  readonly protocol: string;
  readonly register: number;
  /** What was written, or answered. */
  readonly bytes: readonly number[];
  /** The kernel's error number, where the access failed. */
  readonly error?: number;
}

/**
 * `   i2cset-375  [001] .....  7.532680: smbus_write: i2c-0 a=076 f=0000 c=20 BYTE_DATA l=1 [12]`
 */
const line =
  /^\s*(.+)-\d+\s+\[\d+\] \S+\s+([\d.]+): smbus_(write|read|reply|result): i2c-(\d+) a=([0-9a-f]+) f=[0-9a-f]+ c=([0-9a-f]+) (\w+)(?: l=\d+ \[([0-9a-f-]*)\])?(?: (?:rd|wr) res=(-?\d+))?$/;

/** Puts a trace's lines together: a read and its reply are one access, and a result tells whether there was an error. */
export class TraceReader {
  readonly #open = new Map<string, BusAccess>();

  /** @returns the access that the line completes */
  read(text: string): BusAccess | undefined {
    const match = line.exec(text);
    if (!match) return undefined;
    const [, program = '', seconds = '', event = '', bus = '', address = '', command = '', protocol = ''] = match;
    const [data = '', result] = match.slice(8);
    const key = `${program} ${bus} ${address}`;
    if (event === 'result') {
      const done = this.#open.get(key);
      this.#open.delete(key);
      const error = Number(result);
      return done && (error < 0 ? { ...done, error: -error } : done);
    }
    const bytes = data === '' ? [] : data.split('-').map((byte) => Number.parseInt(byte, 16));
    this.#open.set(key, {
      seconds: Number(seconds),
      program,
      bus: Number(bus),
      address: Number.parseInt(address, 16),
      direction: event === 'write' ? 'write' : 'read',
      protocol,
      register: Number.parseInt(command, 16),
      // A block's first byte is its length.
      bytes: protocol.endsWith('BLOCK_DATA') ? bytes.slice(1) : bytes,
    });
    return undefined;
  }
}

/** `   7.532680  bmp280  write 0xf4  57  (i2cset)` */
export function formatAccess(access: BusAccess, hardware: GuestHardware): string {
  const device = hardware.buses.flatMap(({ devices }) => devices).find(({ address }) => address === access.address);
  const { seconds, program, direction, protocol, register, bytes, error } = access;
  const value = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const where = protocol === 'QUICK' ? '    ' : hex(register);
  const outcome = error === undefined ? value : `error ${error}`;
  const name = (device?.name ?? hex(access.address)).padEnd(10);
  return `${seconds.toFixed(6).padStart(12)}  ${name}  ${direction.padEnd(5)} ${where}  ${outcome}  (${program})`;
}

/**
 * Calls for each access from now on, and for those that the guest has recorded since its boot (`trace: true`) before.
 * Goes on until the signal is aborted, whose reason it then throws.
 */
export async function traceBus(
  guest: GuestShell,
  onAccess: (access: BusAccess) => void,
  signal: AbortSignal,
): Promise<void> {
  const reader = new TraceReader();
  let rest = '';
  // Not cat: busybox's has the kernel move what there is (sendfile), which for this file waits for more than one event.
  const read = 'dd if=/sys/kernel/tracing/trace_pipe bs=65536 status=none';
  const script = `echo 1 >/sys/kernel/tracing/events/smbus/enable && exec ${read}`;
  await guest.run({
    command: ['sh', '-c', script],
    signal,
    onStdout: (piece) => {
      const lines = (rest + piece.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const text of lines) {
        const access = reader.read(text);
        if (access) onAccess(access);
      }
    },
  });
}
