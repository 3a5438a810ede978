import { formatLocation } from '../../errors/index.ts';
import type { TestResult } from '../run-tests.ts';
import type { TestCase } from '../types.ts';
import type { Failure, FailureKind } from '../verdict.ts';

const kindNames: Readonly<Record<FailureKind, string>> = {
  assertion: 'not as expected',
  hang: 'the guest hangs',
  panic: 'kernel panic',
  oops: 'kernel fault',
  'out-of-memory': 'out of memory',
  crash: 'a container failed',
  halt: 'boot halted',
  'power-off': 'powered off early',
  reboot: 'restarted early',
  machine: 'no machine',
  build: 'no image',
};

/** `examples/minimal.test.yml: greets` */
export function titleOf({ at, name }: TestCase): string {
  return `${at.file}: ${name}`;
}

/** `kernel panic: Attempted to kill init` */
export function headlineOf({ kind, message }: Failure): string {
  return `${kindNames[kind]}: ${message}`;
}

/** Where and in which step a test failed: `a.test.yml:9:7: console /Hello/`. */
export function placeOf({ at, step }: Failure): string {
  return step === undefined ? formatLocation(at) : `${formatLocation(at)}: ${step}`;
}

export function seconds(durationMs: number): string {
  return (durationMs / 1000).toFixed(1);
}

/** `3 tests: 2 passed, 1 failed` */
export function summaryOf(results: readonly TestResult[]): string {
  const failed = results.filter(({ failure }) => failure !== undefined).length;
  const count = `${results.length} ${results.length === 1 ? 'test' : 'tests'}`;
  return failed === 0 ? `${count}: all passed` : `${count}: ${results.length - failed} passed, ${failed} failed`;
}
