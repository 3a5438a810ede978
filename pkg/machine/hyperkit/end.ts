import type { MachineEnd } from '../backend.ts';
import { crashSignals, type Exit } from '../program.ts';

/**
 * What hyperkit's exit tells about its machine: `vmexit_suspend` in
 * https://github.com/moby/hyperkit/blob/master/src/hyperkit.c. Pure.
 */
export function describeEnd({ code, signal }: Exit, lastWords: string): MachineEnd {
  const words = lastWords === '' ? '' : `: ${lastWords}`;
  if (signal !== null) {
    if (!crashSignals.includes(signal)) return { how: 'killed', detail: `hyperkit was ended by ${signal}` };
    return { how: 'failed', detail: `hyperkit crashed (${signal})${words}` };
  }
  if (code === 0) return { how: 'powered-off', detail: '' };
  if (code === 2) return { how: 'reset', detail: '' };
  if (code === 3) return { how: 'failed', detail: "the guest's processor gave up (triple fault)" };
  return { how: 'failed', detail: `hyperkit failed (exit code ${String(code)})${words}` };
}
