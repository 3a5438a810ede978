import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import path from 'node:path';
import { identifyProcess } from '../process.ts';
import type { Arch } from '../types.ts';
import type { Accelerator } from './accelerator.ts';
import type { Verdict } from './probe.ts';

/** What a probe found, and whether a whole machine has since confirmed it. */
export type RememberedVerdict = Verdict & { readonly confirmed?: boolean };

/** Verdicts of the last few combinations of host, QEMU and accelerator, newest last. */
type VerdictFile = readonly { readonly key: string; readonly verdict: RememberedVerdict }[];

const rememberedCount = 20;

/** What is found in `file` under `key`; `undefined` too when the file is missing or damaged: a probe mends that. */
export async function recallVerdict(file: string, key: string): Promise<RememberedVerdict | undefined> {
  return (await readVerdicts(file)).find((entry) => entry.key === key)?.verdict;
}

/** A cache that cannot be written costs a probe at the next start, and is no reason not to start. */
export async function rememberVerdict(file: string, key: string, verdict: RememberedVerdict): Promise<void> {
  const others = (await readVerdicts(file)).filter((entry) => entry.key !== key);
  const entries: VerdictFile = [...others, { key, verdict }].slice(-rememberedCount);
  const aside = `${file}.${process.pid}.tmp`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(aside, `${JSON.stringify(entries, undefined, 2)}\n`);
    await rename(aside, file);
  } catch {
    return;
  }
}

/**
 * Everything whose change may change the verdict: the host's boot (its modules and permissions), kernel and processor,
 * the QEMU program, and what it was asked to do.
 */
export async function verdictKey(program: string, arch: Arch, accelerator: Accelerator): Promise<string> {
  const file = await stat(program).catch(() => undefined);
  const boot = await bootIdentity();
  const qemu = `${program} ${file?.size ?? 0} ${file?.mtimeMs ?? 0}`;
  return [boot, release(), cpus()[0]?.model ?? '', qemu, arch, accelerator.arguments.join(':')].join(' | ');
}

/** Changes with every boot of the host: Linux gives it an id, elsewhere the first process's start serves. */
async function bootIdentity(): Promise<string> {
  const id = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined);
  return id?.trim() ?? (await identifyProcess(1))?.startedAt ?? '';
}

async function readVerdicts(file: string): Promise<VerdictFile> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return Array.isArray(value) ? (value as VerdictFile).filter((entry) => typeof entry.key === 'string') : [];
  } catch {
    return [];
  }
}
