import { badInput, MachineError } from './error.ts';
import type { Arch, MachineSpec } from './types.ts';

/** The machine that lkit runs on. */
export interface Host {
  /** As `process.platform` has it. */
  readonly platform: string;
  readonly arch: Arch | undefined;
}

/** @throws {MachineError} `wrong-host`, naming what runs everywhere */
export function requireMac(
  { platform, arch }: Host,
  hypervisor: string,
  machine: MachineSpec,
  archs: readonly Arch[],
): void {
  const hint = `QEMU runs it here: lkit run qemu ${machine.name}`;
  if (platform !== 'darwin' || arch === undefined || !archs.includes(arch)) {
    const macs = archs.includes('aarch64') ? 'Macs' : 'Macs with an Intel processor';
    const here = `${platform} on ${arch ?? 'an unknown processor'}`;
    throw new MachineError('wrong-host', `${hypervisor} runs on ${macs} only; this host is ${here}`, { hint });
  }
  if (machine.arch === arch) return;
  const message = `${hypervisor} runs machines of the host's architecture: ${arch}, not ${machine.arch}`;
  throw new MachineError('wrong-host', message, { kind: 'input', hint });
}

/** @throws {MachineError} `bad-path`: a comma ends a value on the command lines of these programs, and none escapes it */
export function withoutComma(file: string, hypervisor: string): string {
  if (!file.includes(',')) return file;
  throw badInput('bad-path', `${hypervisor} takes no path with a comma: ${file}`, 'Move or link it to another path.');
}
