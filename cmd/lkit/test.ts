import { availableParallelism, freemem, tmpdir } from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Reporter } from '../../pkg/report/index.ts';
import type { MachineSettings, TestFilesOptions } from '../../pkg/vmtest/index.ts';
import { hostArchitecture } from './arch.ts';
import { type GlobalFlags, globalFlags, imageOptions, reporterFor, storeDirectory } from './context.ts';
import { describeFailure, exitCodes, Reported } from './failure.ts';
import { addImageFlags, type ImageFlags, pullOptions } from './image-flags.ts';
import { abortOnInterrupt } from './interrupt.ts';
import { append } from './run-machine.ts';
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
      const { runTestFiles, watchTestFiles } = await import('../../pkg/vmtest/index.ts');
      const all = globalFlags(command);
      const options = await testOptions(files, flags, all);
      const results = await abortOnInterrupt((signal) =>
        flags.watch === true
          ? watchTestFiles({ ...options, signal }, (error) => {
              if (!(error instanceof Reported)) {
                process.stderr.write(`${describeFailure(error, all.verbose ?? false).text}\n`);
              }
            })
          : runTestFiles({ ...options, signal }),
      );
      if (results.some(({ failure }) => failure !== undefined)) throw new Reported(exitCodes.testFailed);
    });
}

async function testOptions(
  files: readonly string[],
  flags: TestFlags,
  all: GlobalFlags,
): Promise<Omit<TestFilesOptions, 'signal'>> {
  const { parseSystem, reportDiagnostics } = await import('./diagnostics.ts');
  // Results go to standard output; where that is a terminal, what runs is drawn below them.
  const output = reporterFor({ ...all, quiet: false }, process.stdout);
  return {
    files,
    only: flags.only ?? [],
    readSources,
    parseSystem,
    onDiagnostics: (diagnostics, sources) => {
      reportDiagnostics(diagnostics, sources, all.quiet ?? false);
    },
    listen: await listenerFor(flags, output),
    junit: flags.junit === undefined ? undefined : path.resolve(flags.junit),
    folder: path.resolve(flags.output),
    workingFolder: process.cwd(),
    images: { ...(await imageOptions({ ...all, ...flags })), ...pullOptions(flags) },
    hostArch: hostArchitecture(),
    machines: await machineSettings(flags, all, output),
    // Of the free memory a fifth is left to the host.
    capacity: { jobs: flags.jobs ?? Infinity, cpus: availableParallelism(), memoryMiB: (freemem() / 2 ** 20) * 0.8 },
  };
}

async function listenerFor(flags: TestFlags, output: Reporter): Promise<TestFilesOptions['listen']> {
  const { combineListeners, githubListener, humanListener, tapListener } = await import('../../pkg/vmtest/index.ts');
  const print = (stream: NodeJS.WritableStream) => (text: string) => stream.write(text);
  const onGithub = flags.github ?? (process.env['GITHUB_ACTIONS'] ?? '') !== '';
  const color = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '';
  return (count) =>
    combineListeners([
      flags.reporter === 'tap'
        ? tapListener(count, print(process.stdout))
        : humanListener({ reporter: output, color, workingFolder: process.cwd() }),
      // A result on standard output may be a stream for a program; GitHub reads both.
      ...(onGithub ? [githubListener(print(process.stderr))] : []),
    ]);
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

function parseJobs(text: string): number {
  const jobs = Number(text);
  if (Number.isInteger(jobs) && jobs > 0) return jobs;
  throw new InvalidArgumentError('It should be a number from 1.');
}
