import { isElf, readHead } from '../file-head.ts';
import { quoteCommand } from '../quote.ts';
import type { Arch, MachineSpec } from '../types.ts';

/** What to type to debug the kernel of a machine that waits at `port`. Debian's gdb-multiarch knows other processors. */
export async function gdbCommand(machine: MachineSpec, port: number, hostArch: Arch | undefined): Promise<string> {
  const gdb = machine.arch === hostArch ? 'gdb' : 'gdb-multiarch';
  const file =
    machine.boot.kind === 'kernel' && isElf(await readHead(machine.boot.kernel)) ? [machine.boot.kernel] : [];
  return quoteCommand([gdb, '-ex', `target remote 127.0.0.1:${port}`, ...file]);
}
