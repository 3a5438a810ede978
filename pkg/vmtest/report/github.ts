import { formatGithubAnnotation } from '../../spec/index.ts';
import type { TestResult } from '../run-tests.ts';
import { headlineOf } from './describe.ts';

/** A workflow command that makes GitHub show a failure at its step; `undefined` for a test that has passed. */
export function githubAnnotation({ test, failure }: TestResult): string | undefined {
  if (failure === undefined) return undefined;
  const { at, step } = failure;
  const where = step === undefined ? test.name : `${test.name}, at ${step}`;
  return formatGithubAnnotation({ severity: 'error', at, end: at, message: `${where}: ${headlineOf(failure)}` });
}
