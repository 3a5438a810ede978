import { PassThrough } from 'node:stream';
import type { Backend, LaunchPlan, RunningMachine } from './backend.ts';
import { type ForegroundOptions, type ForegroundRun, runForeground } from './foreground.ts';
import { tryLock } from './lock.ts';
import type { PreparedMachine } from './prepare.ts';
import { registerMachine } from './registry.ts';
import { lockOf } from './sockets.ts';
import { type MachineState, writeState } from './state.ts';

export interface RunOptions<Facts> extends Omit<ForegroundOptions, 'onStart' | 'detach'> {
  readonly backend: Backend<Facts>;
  readonly facts: Facts;
  readonly now: () => Date;
  /** The folder that names all machines of the user; without it the machine is known by its state folder alone. */
  readonly registry?: string | undefined;
}

/** Runs a machine in the foreground and keeps its state on disk up to date meanwhile. */
export function runPrepared<Facts>(prepared: PreparedMachine, options: RunOptions<Facts>): Promise<ForegroundRun> {
  return run(prepared, options);
}

/**
 * Starts a machine that outlives this process. The run is finished, as `detached`, when the machine has said its first
 * word; until then it is one in the foreground, whose console is not shown.
 */
export function runDetached<Facts>(
  prepared: PreparedMachine,
  options: Omit<RunOptions<Facts>, 'terminal'>,
): Promise<ForegroundRun> {
  const terminal = { input: new PassThrough(), output: new PassThrough().resume() };
  return run(prepared, { ...options, terminal, detach: true });
}

async function run<Facts>(
  { machine, stateFolder }: PreparedMachine,
  options: RunOptions<Facts> & Pick<ForegroundOptions, 'detach'>,
): Promise<ForegroundRun> {
  const { backend, facts, now, registry, ...foreground } = options;
  let lasting: MachineState = { version: 1, name: machine.name, identity: machine.identity };
  let releaseConsole = (): Promise<void> => Promise.resolve();
  await writeState(stateFolder, lasting);
  if (registry !== undefined) await registerMachine(registry, stateFolder);
  const onStart = async (running: RunningMachine, plan: LaunchPlan): Promise<void> => {
    releaseConsole = (await tryLock(lockOf(plan.sockets.console))) ?? releaseConsole;
    lasting = { ...lasting, consoleLog: plan.consoleLog };
    await writeState(stateFolder, {
      ...lasting,
      running: {
        backend: backend.name,
        arch: machine.arch,
        process: running.process,
        command: [plan.program, ...plan.args],
        sockets: plan.sockets,
        consoleLog: plan.consoleLog,
        startedAt: now().toISOString(),
      },
    });
  };
  const started = runForeground(backend, (each: Facts) => backend.plan(machine, each), facts, {
    ...foreground,
    onStart,
  });
  const finish = async (): Promise<Awaited<ForegroundRun['finished']>> => {
    let end: Awaited<ForegroundRun['finished']> | undefined;
    try {
      end = await started.finished;
      if (end === 'detached') options.say(`${machine.name} runs on; see it with: lkit console ${machine.name}`);
      return end;
    } finally {
      await releaseConsole();
      if (end !== 'detached') await writeState(stateFolder, lasting);
    }
  };
  return { ...started, finished: finish() };
}
