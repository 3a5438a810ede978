import { formatLocation, LkitError } from '../errors/index.ts';
import type { Diagnostic } from './diagnostic.ts';

export type SpecErrorCode = 'invalid-spec' | 'invalid-label';

/** A YAML file or a label is invalid. The message has all errors, the first one's place being the error's own. */
export class SpecError extends LkitError<SpecErrorCode> {
  readonly diagnostics: readonly Diagnostic[];

  constructor(code: SpecErrorCode, diagnostics: readonly Diagnostic[]) {
    const [first, ...others] = diagnostics.filter(({ severity }) => severity === 'error');
    const more = others.map(({ at, message }) => `\n${formatLocation(at)}: ${message}`).join('');
    super(code, `${first?.message ?? 'the file is invalid'}${more}`, {
      kind: 'input',
      at: first?.at,
      hint: first?.hint,
    });
    this.diagnostics = diagnostics;
  }
}
