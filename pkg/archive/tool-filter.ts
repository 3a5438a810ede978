import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { describeFailure, requireTool, type ToolName } from '../host/index.ts';
import { feed } from './feed.ts';

/** How a program ended that was fed a stream; `failure` is a sentence, or `undefined` for success. */
export interface ToolEnd {
  readonly failure: string | undefined;
}

export interface RunningTool {
  readonly output: Readable;
  readonly end: Promise<ToolEnd>;
  readonly kill: () => void;
}

/** Only the end of what a program says can matter, and it must not fill the memory. */
const maxStderr = 16 << 10;

/**
 * Starts a program of the host that reads `input` from its standard input. An input that fails ends the program, and
 * `end` rejects with that error; a program that stops reading is told by its own exit code and words. Pieces may be
 * lent (see `lendHostFile`).
 */
export async function startFilter(
  name: ToolName,
  args: readonly string[],
  input: AsyncIterable<Buffer>,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningTool> {
  const file = await requireTool(name);
  // The packer refuses explicit times beside this variable; lkit's own are explicit.
  const env = { ...process.env, LC_ALL: 'C.UTF-8', SOURCE_DATE_EPOCH: undefined, ...environment };
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-maxStderr);
  });
  const exited = new Promise<ToolEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ failure: code === 0 ? undefined : describeFailure(name, code, signal, stderr) });
    });
  });
  const fed = feed(input, child.stdin).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  const end = Promise.all([exited, fed]).then(([result]) => result);
  // Whoever reads the output first learns of a failure there, and awaits `end` later.
  end.catch(() => undefined);
  return { output: child.stdout, end, kill: () => child.kill('SIGKILL') };
}
