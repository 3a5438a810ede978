import { access, constants } from 'node:fs/promises';
import { isErrno } from '../../errors/index.ts';
import type { Arch } from '../types.ts';
import { type Accelerator, candidate, emulation } from './accelerator.ts';
import { probe, type Verdict } from './probe.ts';
import { recallVerdict, rememberVerdict, verdictKey } from './verdicts.ts';

export interface ChooseOptions {
  readonly program: string;
  readonly arch: Arch;
  readonly host: { readonly platform: string; readonly arch: Arch | undefined };
  /** The file that keeps verdicts between runs. */
  readonly verdictFile: string;
  readonly temporaryFolder: string;
  /** Told, in one line, when the machine will be slower than the user may expect. */
  readonly notice: (text: string) => void;
  /** @default the probe's own */
  readonly probeTimeoutMs?: number;
  /** @default '/dev/kvm' */
  readonly kvmDevice?: string;
}

export interface Choice {
  readonly accelerator: Accelerator;
  /** Whether a whole machine has booted with it on this host before. */
  readonly confirmed: boolean;
}

/**
 * The accelerator to use when the user names none: the host's, if a tiny guest runs under it. That it is there says
 * little; /dev/kvm may exist and every guest hang.
 */
export async function chooseAccelerator(options: ChooseOptions): Promise<Choice> {
  const { program, arch, notice, verdictFile } = options;
  const accelerator = candidate(arch, options.host);
  if (accelerator.name === 'tcg') return { accelerator: emulation, confirmed: true };
  if (accelerator.name === 'kvm') {
    const obstacle = await kvmObstacle(options.kvmDevice ?? '/dev/kvm');
    if (obstacle !== undefined) {
      if (obstacle !== '') notice(`${obstacle}: emulating (slower)`);
      return { accelerator: emulation, confirmed: true };
    }
  }
  const key = await verdictKey(program, arch, accelerator);
  const remembered = await recallVerdict(verdictFile, key);
  const verdict = remembered ?? (await probeAndRemember(options, accelerator, key));
  if (verdict.works) return { accelerator, confirmed: remembered?.confirmed ?? false };
  notice(fallbackNotice(accelerator, verdict.reason));
  return { accelerator: emulation, confirmed: true };
}

/** `KVM does not work on this machine (guest hung): emulating (slower)` */
export function fallbackNotice(accelerator: Accelerator, reason: string): string {
  const [line] = reason.split('\n');
  return `${accelerator.name.toUpperCase()} does not work on this machine (${line ?? ''}): emulating (slower)`;
}

async function probeAndRemember(options: ChooseOptions, accelerator: Accelerator, key: string): Promise<Verdict> {
  const { program, arch, temporaryFolder, probeTimeoutMs: timeoutMs } = options;
  const timeout = timeoutMs === undefined ? {} : { timeoutMs };
  const verdict = await probe({ program, arch, accelerator, temporaryFolder, ...timeout });
  await rememberVerdict(options.verdictFile, key, verdict);
  return verdict;
}

/** Why KVM is out of the question: '' where there is none, which on many machines is simply so. */
async function kvmObstacle(device: string): Promise<string | undefined> {
  try {
    await access(device, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM')) return '';
    return `${device} may not be used by you (join the group that owns it, often "kvm")`;
  }
}
