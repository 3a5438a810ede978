import { HardwareError } from '../error.ts';

/** Runs commands in the guest; a connection to a machine's agent is one. */
export interface GuestShell {
  run(command: {
    readonly command: readonly string[];
    readonly signal?: AbortSignal | undefined;
    readonly onStdout?: ((piece: Buffer) => Promise<void> | void) | undefined;
  }): Promise<{ readonly exitCode: number; readonly stdout: Buffer; readonly stderr: Buffer }>;
}

/**
 * A shell script's output.
 *
 * @param args its `$1`, `$2` …
 * @throws {HardwareError} `guest-failed`
 */
export async function runScript(guest: GuestShell, script: string, ...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await guest.run({ command: ['sh', '-c', script, 'lkit', ...args] });
  if (exitCode === 0) return stdout.toString();
  const reason = stderr.toString().trim().split('\n').at(-1) ?? '';
  throw new HardwareError('guest-failed', `the guest could not do that: ${reason || `exit code ${exitCode}`}`);
}
