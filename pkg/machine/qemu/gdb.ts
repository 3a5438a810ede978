import { open } from 'node:fs/promises';
import { quoteCommand } from '../quote.ts';
import type { Arch, MachineSpec } from '../types.ts';

/** What to type to debug the kernel of a machine that waits at `port`. Debian's gdb-multiarch knows other processors. */
export async function gdbCommand(machine: MachineSpec, port: number, hostArch: Arch | undefined): Promise<string> {
  const gdb = machine.arch === hostArch ? 'gdb' : 'gdb-multiarch';
  const file = machine.boot.kind === 'kernel' && (await isElf(machine.boot.kernel)) ? [machine.boot.kernel] : [];
  return quoteCommand([gdb, '-ex', `target remote 127.0.0.1:${port}`, ...file]);
}

async function isElf(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString('latin1') === '\x7fELF';
  } finally {
    await handle.close();
  }
}
