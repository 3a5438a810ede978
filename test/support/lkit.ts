import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** The compiled command, as a user runs it. */
export const main = path.join(root, 'dist/bin/lkit.js');

/** The machines that tests run are not the user's own. */
const stateHome = path.join(tmpdir(), `lkit-test-state-${process.pid}`);

const testEnv = { LKIT_ACCEL: 'tcg', NO_COLOR: '1', XDG_STATE_HOME: stateHome };

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LkitOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts `lkit ARGS`; the caller ends it. */
export function startLkit(args: readonly string[], options: LkitOptions = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [main, ...args], {
    cwd: options.cwd ?? root,
    // Node.js would read and parse certificates at each of thousands of starts.
    env: { ...process.env, NODE_EXTRA_CA_CERTS: undefined, ...testEnv, ...options.env },
  });
}

/** Runs `lkit ARGS` to its end. */
export async function lkit(args: readonly string[], options: LkitOptions = {}): Promise<Finished> {
  const child = startLkit(args, options);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.end();
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  return { exitCode, stdout, stderr };
}

/** A new folder that is removed when `use` is over. */
export async function withTempDir<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lkit-test-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
