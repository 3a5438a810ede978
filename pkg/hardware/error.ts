import { formatLocation, LkitError } from '../errors/index.ts';
import type { Diagnostic } from '../spec/index.ts';

export type HardwareErrorCode =
  | 'invalid-hardware'
  | 'name-taken'
  | 'no-hardware'
  | 'no-device'
  | 'no-model'
  | 'no-scenario'
  | 'invalid-value'
  | 'guest-failed';

/** Emulated hardware cannot be as it is described, or a running machine's is not as a command expects it. */
export class HardwareError extends LkitError<HardwareErrorCode> {
  /** The message has all errors, the first one's place being the error's own. */
  static of(diagnostics: readonly Diagnostic[]): HardwareError {
    const [first, ...others] = diagnostics.filter(({ severity }) => severity === 'error');
    const more = others.map(({ at, message }) => `\n${formatLocation(at)}: ${message}`).join('');
    const message = `${first?.message ?? 'the hardware is invalid'}${more}`;
    return new HardwareError('invalid-hardware', message, { kind: 'input', at: first?.at, hint: first?.hint });
  }
}
