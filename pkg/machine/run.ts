import type { Backend, LaunchPlan, RunningMachine } from './backend.ts';
import { type ForegroundOptions, type ForegroundRun, runForeground } from './foreground.ts';
import type { PreparedMachine } from './prepare.ts';
import { writeState } from './state.ts';

export interface RunOptions<Facts, Plan extends LaunchPlan> extends Omit<ForegroundOptions, 'onStart'> {
  readonly backend: Backend<Facts, Plan>;
  readonly facts: Facts;
  readonly now: () => Date;
}

/** Runs a machine in the foreground and keeps its state on disk up to date meanwhile. */
export async function runPrepared<Facts, Plan extends LaunchPlan>(
  { machine, stateFolder }: PreparedMachine,
  options: RunOptions<Facts, Plan>,
): Promise<ForegroundRun> {
  const { backend, facts, now, ...foreground } = options;
  const lasting = { version: 1, name: machine.name, identity: machine.identity } as const;
  await writeState(stateFolder, lasting);
  const onStart = async (running: RunningMachine, plan: LaunchPlan): Promise<void> => {
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
  const run = runForeground(backend, (each: Facts) => backend.plan(machine, each), facts, { ...foreground, onStart });
  const finished = run.finished.finally(() => writeState(stateFolder, lasting));
  return { ...run, finished };
}
