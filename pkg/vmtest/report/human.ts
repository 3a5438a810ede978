import { createColors } from 'picocolors';
import type { Reporter, Step as ReportedStep } from '../../report/index.ts';
import type { TestListener, TestResult } from '../run-tests.ts';
import { displayName } from '../file/display-name.ts';
import type { TestCase } from '../types.ts';
import { headlineOf, placeOf, seconds, summaryOf, titleOf } from './describe.ts';

export interface HumanOptions {
  readonly reporter: Reporter;
  readonly color: boolean;
  /** Folders are called by their names below this one. */
  readonly workingFolder: string;
}

/** For people: what runs is drawn in place where the reporter can; each result is a line, or a few. */
export function humanListener({ reporter, color, workingFolder }: HumanOptions): TestListener {
  const running = new Map<TestCase, ReportedStep>();
  return {
    onStart(test) {
      running.set(test, reporter.step(titleOf(test)));
    },
    onStep(test, { title }) {
      running.get(test)?.detail(title);
    },
    onEnd(result) {
      running.get(result.test)?.fail();
      running.delete(result.test);
      reporter.info(describeResult(result, color, workingFolder));
    },
    onFinish(results, durationMs) {
      reporter.info(`${summaryOf(results)} (${seconds(durationMs)} s)`);
    },
  };
}

/** A line for a test that has passed, a paragraph for one that has not. */
export function describeResult(
  { test, failure, durationMs, consoleTail, folder }: TestResult,
  color: boolean,
  workingFolder: string,
): string {
  const paint = createColors(color);
  const line = `${titleOf(test)} ${paint.dim(`(${seconds(durationMs)} s)`)}`;
  if (failure === undefined) return `${paint.green('pass')}  ${line}`;
  const indent = (text: string, style: (line: string) => string): readonly string[] =>
    text.split('\n').map((each) => `      ${style(printable(each))}`);
  return [
    `${paint.red('FAIL')}  ${line}`,
    ...indent(placeOf(failure), String),
    ...indent(headlineOf(failure), paint.bold),
    ...consoleTail.map((each) => `      ${paint.dim('|')} ${printable(each)}`),
    ...indent(`All about it: ${displayName(folder, workingFolder)}`, paint.dim),
  ].join('\n');
}

/** A guest must not move the cursor of the terminal in front of which somebody reads what it said. */
function printable(line: string): string {
  return line.replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '');
}
