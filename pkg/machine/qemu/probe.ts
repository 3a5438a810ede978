import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { guardProcess } from '../guard.ts';
import type { Arch } from '../types.ts';
import type { Accelerator } from './accelerator.ts';
import { processorArguments } from './hardware.ts';
import { probeGuest } from './probe-rom.ts';

/** Whether an accelerator works, and if not, what was seen, in a few words. */
export type Verdict = { readonly works: true } | { readonly works: false; readonly reason: string };

export interface ProbeOptions {
  /** The path of qemu-system-ARCH. */
  readonly program: string;
  readonly arch: Arch;
  readonly accelerator: Accelerator;
  /** Where the probe's firmware is written meanwhile. */
  readonly temporaryFolder: string;
  /** @default 5000 */
  readonly timeoutMs?: number;
}

/** Runs a tiny guest with the real machine's accelerator and processor, within a time. Never throws for what QEMU does. */
export async function probe(options: ProbeOptions): Promise<Verdict> {
  const guest = probeGuest(options.arch);
  if (guest === undefined) return { works: false, reason: `no probe for ${options.arch}` };
  const folder = await mkdtemp(path.join(options.temporaryFolder, 'lkit-probe-'));
  try {
    const rom = path.join(folder, 'probe.rom');
    await writeFile(rom, guest.rom);
    const args = [
      ...processorArguments(options.arch, options.accelerator),
      ...['-m', '64M', '-no-user-config', '-nodefaults', '-display', 'none', '-no-reboot'],
      ...['-bios', rom, ...guest.args],
    ];
    const seen = await observe(options.program, args, options.timeoutMs ?? 5000);
    return seen.exitCode === guest.exitCode ? { works: true } : { works: false, reason: explain(seen) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Observation {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly internalError: boolean;
  readonly stderr: string;
}

function observe(program: string, args: readonly string[], timeoutMs: number): Promise<Observation> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    // A guest that hangs does so at full speed, and would for ever if this process were killed meanwhile.
    const guard = child.pid === undefined ? undefined : guardProcess(child.pid);
    let stderr = '';
    let timedOut = false;
    let internalError = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(0, 4096);
      // QEMU stops the guest then, and would wait for ever.
      if (!internalError && stderr.includes('KVM internal error')) {
        internalError = true;
        child.kill('SIGKILL');
      }
    });
    const end = (exitCode: number | null, signal: string | null, extra = ''): void => {
      clearTimeout(timer);
      guard?.release();
      resolve({ exitCode, signal, timedOut, internalError, stderr: stderr + extra });
    };
    child.once('error', (error) => {
      end(null, null, error.message);
    });
    child.once('close', end);
  });
}

function explain({ exitCode, signal, timedOut, internalError, stderr }: Observation): string {
  if (internalError) return 'guest stopped by an internal error';
  if (timedOut) return 'guest hung';
  if (signal !== null) return `QEMU was ended by ${signal}`;
  // The first line that is not a warning: what follows it are consequences.
  const line = stderr.split('\n').find((each) => each.trim() !== '' && !each.includes('warning:'));
  const said = line === undefined ? `exit code ${String(exitCode)}` : line.replace(/^\S*qemu-system-\w+: /, '').trim();
  return `QEMU refused: ${said}`;
}
