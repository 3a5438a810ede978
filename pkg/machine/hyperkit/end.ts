import type { MachineEnd } from '../backend.ts';
import { brokenEnd, type Exit } from '../program.ts';

/**
 * What hyperkit's exit tells about its machine: `vmexit_suspend` in
 * https://github.com/moby/hyperkit/blob/master/src/hyperkit.c. Pure.
 */
export function describeEnd(exit: Exit, lastWords: string): MachineEnd {
  if (exit.code === 0) return { how: 'powered-off', detail: '' };
  if (exit.code === 2) return { how: 'reset', detail: '' };
  if (exit.code === 3) return { how: 'failed', detail: "the guest's processor gave up (triple fault)" };
  return brokenEnd('hyperkit', exit, lastWords);
}

/** Whether it was the guest that ended, which had started then. Pure. */
export function isEndOfGuest({ code }: Exit): boolean {
  return code === 0 || code === 2 || code === 3;
}
