import { PassThrough } from 'node:stream';
import {
  type Backend,
  type ForegroundRun,
  type LaunchPlan,
  type MachineSpec,
  runPrepared,
} from '../../pkg/machine/index.ts';

/** A machine in the foreground, as a test sees it. */
export interface Session {
  readonly run: ForegroundRun;
  /** What types at the console; not a terminal. */
  readonly input: PassThrough;
  readonly stateFolder: string;
  /** What the console has shown, a character a byte. */
  readonly shown: () => string;
  /** What lkit has said. */
  readonly said: readonly string[];
  /** Waits until the console shows something. */
  readonly sees: (pattern: RegExp) => Promise<void>;
}

export interface SessionParts<Facts, Plan extends LaunchPlan> {
  readonly machine: MachineSpec;
  readonly stateFolder: string;
  readonly backendFor: (say: (text: string) => void) => Backend<Facts, Plan>;
  /** What the backend found out, changed. */
  readonly changeFacts?: (facts: Facts) => Facts;
  readonly timeoutMs?: number | undefined;
}

/** Runs the machine while `use` looks on, and ends it. */
export async function runSession<Facts, Plan extends LaunchPlan>(
  { machine, stateFolder, backendFor, changeFacts = (facts) => facts, timeoutMs }: SessionParts<Facts, Plan>,
  use: (session: Session) => Promise<void>,
): Promise<void> {
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const backend = backendFor(say);
  const facts = changeFacts(await backend.inspect(machine));
  const [input, output] = [new PassThrough(), new PassThrough()];
  let shown = '';
  output.on('data', (chunk: Buffer) => (shown += chunk.toString('latin1')));
  const run = await runPrepared(
    { machine, stateFolder },
    { backend, facts, terminal: { input, output }, timeoutMs, silentProcessorMs: 1000, say, now: () => new Date(0) },
  );
  run.finished.catch(() => undefined);
  const sees = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(shown)) await new Promise((resolve) => output.once('data', resolve));
  };
  try {
    await use({ run, input, stateFolder, shown: () => shown, said, sees });
  } finally {
    run.terminate();
    await run.finished.catch(() => undefined);
  }
}
