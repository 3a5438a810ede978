/** What the user can ask for at the console, after Ctrl-A, as in `qemu -nographic`. */
export type ConsoleAction = 'leave' | 'detach' | 'help';

/** Whether the byte before was an unanswered Ctrl-A. */
export type EscapeState = 'plain' | 'escaped';

export interface EscapeStep {
  readonly state: EscapeState;
  /** What goes to the guest. */
  readonly forward: Uint8Array;
  readonly actions: readonly ConsoleAction[];
}

const ctrlA = 0x01;
const actionOf: Readonly<Record<string, ConsoleAction>> = { x: 'leave', d: 'detach', h: 'help', '?': 'help' };

/**
 * Takes what was typed apart into what is for the guest and what is for lkit: Ctrl-A X leaves, Ctrl-A D detaches, Ctrl-A H helps, Ctrl-A
 * Ctrl-A (or A) is one Ctrl-A for the guest. Ctrl-A with any other key means nothing and is dropped with it. Pure.
 */
export function readKeys(state: EscapeState, typed: Uint8Array): EscapeStep {
  const forward: number[] = [];
  const actions: ConsoleAction[] = [];
  for (const byte of typed) {
    if (state === 'plain') {
      if (byte === ctrlA) state = 'escaped';
      else forward.push(byte);
      continue;
    }
    state = 'plain';
    const key = String.fromCharCode(byte).toLowerCase();
    const action = actionOf[key];
    if (action !== undefined) actions.push(action);
    else if (byte === ctrlA || key === 'a') forward.push(ctrlA);
  }
  return { state, forward: Uint8Array.from(forward), actions };
}
