import type { LoadedFile } from '../problem.ts';
import { quoted } from '../quote.ts';
import { durationMs } from '../system/duration.ts';
import { child, items, type MappingNode, textOf, type Tree } from '../yaml/tree.ts';

/** The guest's `read -t` takes seconds that fit in 31 bits of milliseconds. */
const longestMs = 24 * 24 * 3_600_000;

/** Times that the guest's shell can count. */
export function checkDurations(file: LoadedFile, service: MappingNode): void {
  checkDuration(file, child(service, 'restartDelay'), 0);
  checkDuration(file, child(child(service, 'healthcheck'), 'interval'), 1);
}

/** The same for the hardware's scenarios. */
export function checkScenarioDurations(file: LoadedFile): void {
  for (const scenario of items(child(child(file.root, 'hardware'), 'scenarios'))) {
    checkDuration(file, child(scenario, 'every'), 1);
    for (const step of items(child(scenario, 'steps'))) {
      checkDuration(file, child(step, 'at'), 0);
      checkDuration(file, child(step, 'over'), 0);
    }
  }
}

function checkDuration(file: LoadedFile, node: Tree | undefined, shortestMs: number): void {
  const text = textOf(node);
  if (node === undefined || text === undefined || !/^[\d.]+(ms|s|m|h)/.test(text)) return;
  const ms = durationMs(text);
  if (ms > longestMs) {
    file.report(node, { code: 'invalid-value', message: `${quoted(text)} is too long: at most "576h", 24 days` });
  } else if (ms < shortestMs) {
    file.report(node, { code: 'invalid-value', message: `${quoted(text)} is no time at all: at least "1ms"` });
  }
}
