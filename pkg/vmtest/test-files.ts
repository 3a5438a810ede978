import path from 'node:path';
import type { Diagnostic, SourceText } from '../spec/index.ts';
import { findTestFiles, selectTests } from './file/find.ts';
import { parseTests } from './file/parse.ts';
import { checkServices, type ParseSystem, readSystems } from './images.ts';
import { writeJunit } from './results.ts';
import { runTests, type RunTestsOptions, type TestListener, type TestResult } from './run-tests.ts';
import { nextChange, watchedFolders } from './watch.ts';

export interface TestFilesOptions extends Omit<RunTestsOptions, 'tests' | 'systems' | 'listener'> {
  /** Test files, and folders that have some. */
  readonly files: readonly string[];
  /** Texts that the names of tests have; all tests where there is none. */
  readonly only: readonly string[];
  readonly readSources: (files: readonly string[]) => Promise<readonly SourceText[]>;
  readonly parseSystem: ParseSystem;
  /** Told what there is to say about files; throws where that is an error. */
  readonly onDiagnostics: (diagnostics: readonly Diagnostic[], sources: readonly SourceText[]) => void;
  /** Makes what is told how so many tests go. */
  readonly listen: (count: number) => TestListener;
  /** Takes the results as JUnit XML. Absolute. */
  readonly junit: string | undefined;
}

/**
 * Reads and checks test files, and every system that they boot, before any of it is built; then runs the tests.
 *
 * @throws {VmTestError} when there are no tests, or a system cannot be read
 * @throws what `onDiagnostics` throws; the signal's reason
 */
export async function runTestFiles(options: TestFilesOptions): Promise<readonly TestResult[]> {
  return await runAll(await readAll(options), options);
}

/**
 * Runs the tests, and again whenever something changes that they depend on, also while they run. Ends by the signal.
 *
 * @param onError told why they could not be run
 * @throws the signal's reason
 */
export async function watchTestFiles(options: TestFilesOptions, onError: (error: unknown) => void): Promise<never> {
  const { files, folder, workingFolder, signal } = options;
  let folders: readonly string[] = files.map((file) => path.dirname(path.resolve(workingFolder, file)));
  for (;;) {
    const changed = new AbortController();
    let change: Promise<void> | undefined;
    try {
      const found = await readAll(options);
      folders = watchedFolders(found.tests, found.systems);
      change = nextChange(folders, [folder], signal).finally(() => {
        changed.abort();
      });
      change.catch(() => undefined);
      await runAll(found, { ...options, signal: changed.signal });
    } catch (error) {
      signal.throwIfAborted();
      if (!changed.signal.aborted) onError(error);
    }
    await (change ?? nextChange(folders, [folder], signal));
  }
}

type Found = Pick<RunTestsOptions, 'tests' | 'systems'>;

async function readAll(options: TestFilesOptions): Promise<Found> {
  const { files, only, workingFolder, readSources, parseSystem, onDiagnostics } = options;
  const sources = await readSources(await findTestFiles(files));
  const parsed = parseTests(sources);
  onDiagnostics(parsed.diagnostics, sources);
  const tests = selectTests(parsed.tests, only);
  const systems = await readSystems(tests, workingFolder, parseSystem);
  for (const system of systems) onDiagnostics(system.diagnostics, system.sources);
  onDiagnostics(checkServices(tests, systems), sources);
  return { tests, systems };
}

async function runAll(found: Found, options: TestFilesOptions): Promise<readonly TestResult[]> {
  const { listen, junit, machines } = options;
  const listener = listen(found.tests.length);
  const startedMs = machines.now();
  const results = await runTests({ ...options, ...found, listener });
  if (junit !== undefined) await writeJunit(junit, results);
  listener.onFinish(results, machines.now() - startedMs);
  return results;
}
