import { LkitError } from '../errors/index.ts';

export type MachineErrorCode =
  | 'bad-size'
  | 'bad-cpus'
  | 'bad-time'
  | 'bad-disk'
  | 'bad-network'
  | 'bad-port'
  | 'bad-arch'
  | 'bad-accelerator'
  | 'bad-options'
  | 'no-image'
  | 'several-images'
  | 'wrong-architecture'
  | 'missing-firmware'
  | 'too-little-memory'
  | 'port-busy'
  | 'bad-state'
  | 'already-running'
  | 'did-not-start'
  | 'monitor-failed'
  | 'died'
  | 'guest-panicked'
  | 'boot-halted'
  | 'timed-out'
  | 'no-machine'
  | 'several-machines'
  | 'not-running'
  | 'still-running'
  | 'console-busy'
  | 'guest-busy'
  | 'guest-silent'
  | 'guest-lost'
  | 'guest-timed-out'
  | 'no-service'
  | 'service-not-running'
  | 'no-exit-code'
  | 'copy-failed'
  | 'too-much-output';

/** The machine cannot be run as asked, or its run went wrong. */
export class MachineError extends LkitError<MachineErrorCode> {}

/** What the user typed is wrong; `hint` gives an example that is right. */
export function badInput(code: MachineErrorCode, message: string, hint: string): MachineError {
  return new MachineError(code, message, { kind: 'input', hint });
}
