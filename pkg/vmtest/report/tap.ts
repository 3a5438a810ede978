import { stringify } from 'yaml';
import { formatLocation } from '../../errors/index.ts';
import type { TestResult } from '../run-tests.ts';
import { titleOf } from './describe.ts';

/** The first lines of a TAP stream: https://testanything.org/tap-version-14-specification.html */
export function tapHead(count: number): string {
  return `TAP version 14\n1..${count}\n`;
}

/** One test point with its diagnostics. @param number counts from 1 */
export function tapResult(number: number, { test, failure, durationMs, consoleTail, folder }: TestResult): string {
  // A "#" would begin a directive; a backslash escapes.
  const title = titleOf(test).replaceAll(/[\\#]/g, '\\$&').replaceAll('\n', ' ');
  const diagnostics = {
    duration_ms: Math.round(durationMs),
    ...(failure && {
      kind: failure.kind,
      message: failure.message,
      at: formatLocation(failure.at),
      ...(failure.step !== undefined && { step: failure.step }),
      folder,
      console: consoleTail,
    }),
  };
  const block = stringify(diagnostics, { lineWidth: 0 }).trimEnd().replaceAll(/^/gm, '  ');
  return `${failure ? 'not ok' : 'ok'} ${number} - ${title}\n  ---\n${block}\n  ...\n`;
}
