import { availableParallelism, freemem, tmpdir } from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { createReporter, type Reporter } from '../../pkg/report/index.ts';
import type { Capacity, MachineSettings, TestCase, TestListener, TestSystem } from '../../pkg/vmtest/index.ts';
import { hostArchitecture } from './arch.ts';
import { type GlobalFlags, globalFlags, imageOptions, storeDirectory } from './context.ts';
import { describeFailure, exitCodes, Reported } from './failure.ts';
import { addImageFlags, type ImageFlags, pullOptions } from './image-flags.ts';
import { abortOnInterrupt } from './interrupt.ts';
import { readSources } from './sources.ts';

interface TestFlags extends ImageFlags {
  readonly only?: readonly string[];
  readonly jobs?: number;
  readonly reporter: 'human' | 'tap';
  readonly junit?: string;
  readonly github?: boolean;
  readonly output: string;
  readonly accel?: string;
  readonly watch?: boolean;
}

/** `lkit test FILE…`. */
export function testCommand(): Command {
  return addImageFlags(new Command('test'))
    .description('boot systems and check what they do')
    .argument('<file...>', 'test files, or folders: every *.test.yml in them')
    .option('--only <text>', 'run the tests with this in their name; repeatable', append)
    .option('--jobs <n>', 'machines at the same time (default: as processors and memory allow)', parseJobs)
    .addOption(new Option('--reporter <kind>', 'how to print results').choices(['human', 'tap']).default('human'))
    .option('--junit <file>', 'write the results as JUnit XML as well')
    .option('--github', 'annotate failures on GitHub (default: where GITHUB_ACTIONS is set)')
    .option('--output <dir>', 'folder for images, consoles and logs', 'lkit-test')
    .option('--accel <accel>', 'auto, kvm, hvf, tcg or as QEMU has it: kvm:tcg ($LKIT_ACCEL)')
    .option('--watch', 'run them again whenever a file changes, until Ctrl-C')
    .addHelpText(
      'after',
      `
Exit codes: 0 all tests passed, 3 a test failed, 2 a file is invalid, 130 interrupted.

Examples:
  lkit test examples/minimal.test.yml
  lkit test --junit results.xml examples
  lkit test --only "reads the sensor" --jobs 1 sensor.test.yml`,
    )
    .action(async (files: readonly string[], flags: TestFlags, command: Command) => {
      const all = globalFlags(command);
      if (flags.watch === true) await abortOnInterrupt((signal) => watch(files, flags, all, signal));
      const read = await readTests(files, flags, all);
      const passed = await abortOnInterrupt((signal) => runAndReport(read, flags, all, signal));
      if (!passed) throw new Reported(exitCodes.testFailed);
    });
}

/** Runs the tests, and again whenever something changes that they depend on; also while they run. Ends by the signal. */
async function watch(
  files: readonly string[],
  flags: TestFlags,
  all: GlobalFlags,
  signal: AbortSignal,
): Promise<never> {
  const { nextChange, watchedFolders } = await import('../../pkg/vmtest/index.ts');
  const output = path.resolve(flags.output);
  let folders: readonly string[] = files.map((file) => path.dirname(path.resolve(file)));
  for (;;) {
    const changed = new AbortController();
    let change: Promise<void> | undefined;
    try {
      const read = await readTests(files, flags, all);
      folders = watchedFolders(read.tests, read.systems);
      change = nextChange(folders, [output], signal).finally(() => {
        changed.abort();
      });
      change.catch(() => undefined);
      await runAndReport(read, flags, all, changed.signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!changed.signal.aborted && !(error instanceof Reported)) {
        process.stderr.write(`${describeFailure(error, all.verbose ?? false).text}\n`);
      }
    }
    await (change ?? nextChange(folders, [output], signal));
  }
}

interface ReadTests {
  readonly tests: readonly TestCase[];
  readonly systems: readonly TestSystem[];
}

/** Reads and checks the test files, and every system that they boot before any of it is built. */
async function readTests(files: readonly string[], flags: TestFlags, all: GlobalFlags): Promise<ReadTests> {
  const { checkServices, findTestFiles, parseTests, readSystems, selectTests } =
    await import('../../pkg/vmtest/index.ts');
  const { reportDiagnostics } = await import('./diagnostics.ts');
  const sources = await readSources(await findTestFiles(files));
  const parsed = parseTests(sources);
  reportDiagnostics(parsed.diagnostics, sources, all.quiet ?? false);
  const tests = selectTests(parsed.tests, flags.only ?? []);
  const systems = await readSystems(tests, fileName);
  for (const system of systems) reportDiagnostics(system.diagnostics, system.sources, all.quiet ?? false);
  reportDiagnostics(checkServices(tests, systems), sources, all.quiet ?? false);
  return { tests, systems };
}

/** Runs the tests, and says whether all have passed. */
async function runAndReport(
  { tests, systems }: ReadTests,
  flags: TestFlags,
  all: GlobalFlags,
  signal: AbortSignal,
): Promise<boolean> {
  const { runTests, summaryOf, writeJunit } = await import('../../pkg/vmtest/index.ts');
  const output = resultReporter(all);
  const startedAt = performance.now();
  const results = await runTests({
    ...{ tests, systems, signal },
    folder: path.resolve(flags.output),
    workingFolder: process.cwd(),
    images: { ...(await imageOptions({ ...all, ...flags })), ...pullOptions(flags) },
    hostArch: hostArchitecture(),
    machines: await machineSettings(flags, all, output),
    capacity: capacityOf(flags),
    listener: await listenerFor(flags, output, tests.length),
  });
  if (flags.junit !== undefined) await writeJunit(path.resolve(flags.junit), results);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (flags.reporter === 'human') output.info(`${summaryOf(results)} (${seconds} s)`);
  return results.every(({ failure }) => failure === undefined);
}

async function listenerFor(flags: TestFlags, output: Reporter, count: number): Promise<TestListener> {
  const { combineListeners, githubListener, humanListener, tapListener } = await import('../../pkg/vmtest/index.ts');
  const print = (stream: NodeJS.WritableStream) => (text: string) => stream.write(text);
  const onGithub = flags.github ?? (process.env['GITHUB_ACTIONS'] ?? '') !== '';
  const color = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '';
  return combineListeners([
    flags.reporter === 'tap'
      ? tapListener(count, print(process.stdout))
      : humanListener({ reporter: output, color, fileName }),
    // A result on standard output may be a stream for a program; GitHub reads both.
    ...(onGithub ? [githubListener(print(process.stderr))] : []),
  ]);
}

/** Results go to standard output; where that is a terminal, what runs is drawn below them. */
function resultReporter({ verbose }: GlobalFlags): Reporter {
  const stream = process.stdout;
  return createReporter({
    stream,
    live: stream.isTTY && process.env['TERM'] !== 'dumb',
    level: verbose === true ? 'verbose' : 'normal',
    now: () => performance.now(),
  });
}

async function machineSettings(flags: TestFlags, all: GlobalFlags, output: Reporter): Promise<MachineSettings> {
  const { knownArch, parseAccelerator } = await import('../../pkg/machine/index.ts');
  const { LKIT_ACCEL, LINUXKIT_QEMU_ACCEL } = process.env;
  const said = new Set<string>();
  return {
    accelerator: parseAccelerator(flags.accel ?? (LKIT_ACCEL || LINUXKIT_QEMU_ACCEL || 'auto')),
    verdictFile: path.join(storeDirectory(all), 'accelerator.json'),
    temporaryFolder: tmpdir(),
    host: { platform: process.platform, arch: knownArch(process.arch) },
    now: () => performance.now(),
    date: () => new Date(),
    notice: (text) => {
      // Each machine may say the same about the host.
      if (flags.reporter === 'human' && !said.has(text)) output.info(text);
      said.add(text);
    },
  };
}

/** Of the free memory a fifth is left to the host. */
function capacityOf({ jobs = Infinity }: TestFlags): Capacity {
  return { jobs, cpus: availableParallelism(), memoryMiB: (freemem() / 2 ** 20) * 0.8 };
}

function parseJobs(text: string): number {
  const jobs = Number(text);
  if (Number.isInteger(jobs) && jobs > 0) return jobs;
  throw new InvalidArgumentError('It should be a number from 1.');
}

/** Without a default value, which the help would show. */
function append(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function fileName(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') ? file : relative;
}
