import type { Options } from 'execa';
import { HostError, requireTool } from './find.ts';
import type { ToolName } from './tools.ts';

export interface RunOptions {
  readonly cwd?: string;
  /** Added to the process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to the program's standard input. */
  readonly input?: string | Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** How its output becomes text; `latin1` has one character for each byte. @default 'utf8' */
  readonly encoding?: 'utf8' | 'latin1';
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs one of the host's programs to its end.
 *
 * @throws {HostError} `missing-tool`, or `tool-failed` with the last lines of what the program printed
 */
export async function runTool(name: ToolName, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const file = await requireTool(name);
  // Loaded only here: execa takes longer to load than an unchanged build takes to run.
  const { execa } = await import('execa');
  const execaOptions = {
    reject: false,
    ...(options.encoding === undefined ? {} : { encoding: options.encoding }),
    // Tools are parsed and quoted in errors, so they speak one language.
    env: { LC_ALL: 'C.UTF-8', ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  } as const satisfies Options;
  const result = await execa(file, args, execaOptions);
  options.signal?.throwIfAborted();
  if (result.failed) {
    throw new HostError('tool-failed', describeFailure(name, result.exitCode, result.signal, result.stderr), {
      cause: result,
    });
  }
  return { stdout: result.stdout, stderr: result.stderr };
}

/** `mksquashfs failed (exit code 1): last line; line before` */
export function describeFailure(
  name: string,
  exitCode: number | null | undefined,
  signal: string | null | undefined,
  stderr: string,
): string {
  const how =
    typeof signal === 'string' ? `was ended by ${signal}` : `failed (exit code ${String(exitCode ?? 'unknown')})`;
  const lines = stderr.trim().split('\n').slice(-3);
  return `${name} ${how}: ${lines.join('\n  ')}`;
}
