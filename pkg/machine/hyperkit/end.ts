import type { MachineEnd } from '../backend.ts';
import { brokenEnd, type Exit } from '../program.ts';

/**
 * What hyperkit's exit tells about its machine: `vmexit_suspend` in
 * https://github.com/moby/hyperkit/blob/master/src/hyperkit.c. Pure.
 */
export function describeEnd(exit: Exit, lastWords: string): MachineEnd {
  return endOfGuest(exit) ?? brokenEnd('hyperkit', exit, lastWords);
}

/** The end that was the guest's own doing, after it had started; `undefined` where hyperkit itself ended. Pure. */
export function endOfGuest({ code }: Exit): MachineEnd | undefined {
  if (code === 0) return { how: 'powered-off', detail: '' };
  if (code === 2) return { how: 'reset', detail: '' };
  if (code === 3) return { how: 'failed', detail: "the guest's processor gave up (triple fault)" };
  return undefined;
}
