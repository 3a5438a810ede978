import type { TestListener } from '../run-tests.ts';
import { githubAnnotation } from './github.ts';
import { tapHead, tapResult } from './tap.ts';

const silent: TestListener = { onStart() {}, onStep() {}, onEnd() {}, onFinish() {} };

export function combineListeners(listeners: readonly TestListener[]): TestListener {
  return {
    onStart(test) {
      for (const each of listeners) each.onStart(test);
    },
    onStep(test, step) {
      for (const each of listeners) each.onStep(test, step);
    },
    onEnd(result) {
      for (const each of listeners) each.onEnd(result);
    },
    onFinish(results, durationMs) {
      for (const each of listeners) each.onFinish(results, durationMs);
    },
  };
}

/** Prints a TAP stream, each test when it has ended. */
export function tapListener(count: number, print: (text: string) => void): TestListener {
  let number = 0;
  print(tapHead(count));
  return {
    ...silent,
    onEnd(result) {
      print(tapResult(++number, result));
    },
  };
}

/** Prints a workflow command for each failure. */
export function githubListener(print: (text: string) => void): TestListener {
  return {
    ...silent,
    onEnd(result) {
      const annotation = githubAnnotation(result);
      if (annotation !== undefined) print(`${annotation}\n`);
    },
  };
}
