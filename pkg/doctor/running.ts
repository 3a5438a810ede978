import { LkitError } from '../errors/index.ts';
import { requireTool } from '../host/index.ts';
import { type Arch, chooseAccelerator, findFirmware } from '../machine/index.ts';
import type { Finding } from './finding.ts';

export interface RunningOptions {
  readonly host: { readonly platform: string; readonly arch: Arch | undefined };
  /** The file that keeps accelerators' verdicts between runs. */
  readonly verdictFile: string;
  readonly temporaryFolder: string;
}

/** Which machines can be run here, how fast, and whether UEFI can boot them. */
export async function examineRunning(options: RunningOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const arch of ['x86_64', 'aarch64', 'riscv64'] as const) {
    findings.push(await orFailure(arch, () => examineAccelerator(arch, options)));
    findings.push(await orFailure(`${arch} UEFI`, () => examineFirmware(arch)));
  }
  return findings;
}

async function examineAccelerator(arch: Arch, options: RunningOptions): Promise<Finding> {
  const notices: string[] = [];
  const program = await requireTool(`qemu-system-${arch}`);
  const { accelerator } = await chooseAccelerator({
    ...options,
    program,
    arch,
    notice: (text) => notices.push(text),
  });
  if (accelerator.name !== 'tcg') {
    return { area: 'run', subject: arch, state: 'works', detail: `QEMU with ${accelerator.name}` };
  }
  const isForeign = options.host.arch !== arch;
  const reason =
    notices[0] ?? (isForeign ? 'another processor is emulated' : 'there is no accelerator: emulating (slower)');
  return { area: 'run', subject: arch, state: isForeign ? 'works' : 'limited', detail: `QEMU; ${reason}` };
}

async function examineFirmware(arch: Arch): Promise<Finding> {
  return { area: 'run', subject: `${arch} UEFI`, state: 'works', detail: await findFirmware(arch) };
}

async function orFailure(subject: string, examine: () => Promise<Finding>): Promise<Finding> {
  try {
    return await examine();
  } catch (error) {
    if (!(error instanceof LkitError)) throw error;
    return { area: 'run', subject, state: 'fails', detail: error.message, hint: error.hint };
  }
}
