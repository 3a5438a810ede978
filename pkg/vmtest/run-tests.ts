import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { ImageOptions } from '../build/index.ts';
import { LkitError } from '../errors/index.ts';
import type { Architecture } from '../image/index.ts';
import { collectLogs } from './guest/logs.ts';
import { type MachineSettings, startMachine, type StartedSession } from './guest/start.ts';
import { buildSystem, systemKey, type TestSystem } from './images.ts';
import { emptyFolder, ResultFolders, writeReproduction, writeTimeline } from './results.ts';
import { runTest, type TestRun } from './run-test.ts';
import { type Capacity, runWithin } from './schedule.ts';
import type { Step, TestCase } from './types.ts';
import type { Failure } from './verdict.ts';

export interface TestResult {
  readonly test: TestCase;
  /** `undefined`: it has passed. */
  readonly failure: Failure | undefined;
  readonly durationMs: number;
  readonly startedAt: Date;
  /** What there is to know about it. Absolute. */
  readonly folder: string;
  /** The last lines of the console, or those around the one that tells of the failure. */
  readonly consoleTail: readonly string[];
}

/** Told what happens while tests run. */
export interface TestListener {
  onStart(test: TestCase): void;
  onStep(test: TestCase, step: Step): void;
  onEnd(result: TestResult): void;
  onFinish(results: readonly TestResult[], durationMs: number): void;
}

export interface RunTestsOptions {
  readonly tests: readonly TestCase[];
  /** Of all the tests, without errors. */
  readonly systems: readonly TestSystem[];
  /** Takes images and results. Absolute. */
  readonly folder: string;
  /** The folder that the test files' names are relative to. */
  readonly workingFolder: string;
  readonly images: Omit<ImageOptions, 'arch' | 'signal'>;
  readonly hostArch: Architecture;
  readonly machines: MachineSettings;
  readonly capacity: Capacity;
  readonly listener: TestListener;
  readonly signal: AbortSignal;
}

const tailLines = 20;

/**
 * Builds what the tests boot and runs them.
 *
 * @returns the results in the order of the tests; what went wrong with one test is in its result
 * @throws the signal's reason when it is aborted; no machine is left by then
 */
export async function runTests(options: RunTestsOptions): Promise<readonly TestResult[]> {
  const { tests, folder, capacity, signal } = options;
  const images = await buildAll(options);
  const folders = new ResultFolders(folder);
  const jobs = tests.map((test) => ({ ...test.machine, test, folder: folders.folderOf(test) }));
  const inTurn = oneFirst();
  const results = await runWithin(jobs, capacity, async ({ test, folder }) => {
    signal.throwIfAborted();
    return await runOne(test, folder, images.get(systemKey(test.image)), inTurn, options);
  });
  signal.throwIfAborted();
  return results;
}

type Built = { readonly image: string } | { readonly error: LkitError };

async function buildAll(options: RunTestsOptions): Promise<ReadonlyMap<string, Built>> {
  const { tests, systems, folder, hostArch, images, signal } = options;
  const built = new Map<string, Built>();
  for (const { image } of tests) {
    if (image.kind === 'built') built.set(systemKey(image), { image: image.prefix });
  }
  for (const system of systems) {
    try {
      const image = await buildSystem(system, path.join(folder, 'images'), hostArch, { ...images, signal });
      built.set(system.key, { image });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof LkitError)) throw error;
      built.set(system.key, { error: error as LkitError });
    }
  }
  return built;
}

type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** The first call finds out about the host what the others then find remembered; so they wait for it. */
function oneFirst(): InTurn {
  let first: Promise<unknown> | undefined;
  return async (work) => {
    if (first !== undefined) {
      await first.catch(() => undefined);
      return await work();
    }
    const own = work();
    first = own;
    return await own;
  };
}

async function runOne(
  test: TestCase,
  folder: string,
  built: Built | undefined,
  inTurn: InTurn,
  { machines, listener, signal, workingFolder }: RunTestsOptions,
): Promise<TestResult> {
  listener.onStart(test);
  const [startedAt, startedMs] = [machines.date(), machines.now()];
  await emptyFolder(folder);
  let session: StartedSession | undefined;
  let run: TestRun;
  try {
    if (built === undefined || 'error' in built) throw built?.error ?? new Error('a system has not been built');
    run = await runTest(test, {
      start: async (onLine) => {
        session = await startMachine({ ...test.machine, image: built.image, folder, onLine }, machines, inTurn);
        return session;
      },
      now: machines.now,
      signal,
      onStep: (step) => {
        listener.onStep(test, step);
      },
      beforeStop: async (guest, failure) => {
        if (failure !== undefined || guest.hasControl()) await collectLogs(guest, path.join(folder, 'logs'));
      },
    });
  } catch (error) {
    if (signal.aborted || !(error instanceof LkitError)) throw error;
    const kind = built !== undefined && 'error' in built ? 'build' : 'machine';
    const hint = error.hint === undefined ? '' : `\n${error.hint}`;
    run = { failure: { kind, message: `${error.message}${hint}`, at: test.at }, timeline: [] };
  }
  await writeTimeline(folder, run.timeline);
  await writeReproduction(folder, test, { workingFolder, machine: session?.command });
  // Disks may be large; of a test that has failed they may be what somebody wants to look at.
  if (run.failure === undefined) await rm(path.join(folder, 'machine'), { recursive: true, force: true });
  const result: TestResult = {
    test,
    failure: run.failure,
    durationMs: machines.now() - startedMs,
    startedAt,
    folder,
    consoleTail: session?.console.excerpt(tailLines, run.failure?.line) ?? [],
  };
  listener.onEnd(result);
  return result;
}
