import assert from 'node:assert/strict';
import { parseTests, type TestCase } from '../../../pkg/vmtest/index.ts';

/** A test file of that text, `a.test.yml` in `/project`. */
export function parse(text: string): ReturnType<typeof parseTests> {
  return parseTests([{ file: 'a.test.yml', text, baseDir: '/project' }]);
}

/** The tests of a file without mistakes. */
export function testsOf(text: string): readonly TestCase[] {
  const { tests, diagnostics } = parse(text);
  assert.deepEqual(diagnostics, []);
  return tests;
}
