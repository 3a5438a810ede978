import { compare, describeExpectation } from '../expectation.ts';
import type { CommandResult, GuestSession } from '../guest/session.ts';
import type { Expectation, RunAction } from '../types.ts';

/** Runs the command once; gives back in what it was not as expected. */
export async function runCommand(
  action: RunAction,
  session: GuestSession,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { command, service } = action;
  const control = await session.control(signal);
  const words = typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
  return checkResult(action, await control.run({ command: words, service, signal }));
}

/** In what a result is not as expected, or `undefined`. Pure. */
export function checkResult(
  { exitCode, stdout, stderr }: Pick<RunAction, 'exitCode' | 'stdout' | 'stderr'>,
  result: CommandResult,
): string | undefined {
  const [out, err] = [result.stdout.toString(), result.stderr.toString()];
  if (result.exitCode !== exitCode) {
    return `the exit code is ${result.exitCode}, not ${exitCode}${output(err.trim() === '' ? out : err)}`;
  }
  return checkText('standard output', stdout, out) ?? checkText('standard error', stderr, err);
}

/** In what a text is not as expected. */
export function checkText(what: string, expected: Expectation | undefined, text: string): string | undefined {
  if (expected === undefined) return undefined;
  const result = compare(expected, text);
  if (result.holds) return undefined;
  const found = result.found === undefined ? '' : `; the number is ${result.found}`;
  return `${what} is not ${describeExpectation(expected)}${found}${output(text)}`;
}

const longestOutput = 1000;

function output(text: string): string {
  const end = text.trim().slice(-longestOutput);
  return end === '' ? ': there is none' : `:\n${end}`;
}
