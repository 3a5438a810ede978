/** A place in a text that the user wrote. Line and column count from 1; column counts characters, not bytes. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * Who has to act. `input`: the user's file or flag is wrong (exit code 2). `environment`: the host, the network or
 * another program failed (exit code 1). Everything that is not an `LkitError` is a bug in lkit.
 */
export type FaultKind = 'input' | 'environment';

export interface FaultOptions {
  readonly kind?: FaultKind;
  /** Where the user wrote the thing that is wrong. */
  readonly at?: Location | undefined;
  /** One sentence that tells the user what to do. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * The root of every error that lkit reports to a person. Each module derives one class from it, with a closed union
 * of codes, so that callers can match on `code` and never on the text.
 */
export class LkitError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly kind: FaultKind;
  readonly at: Location | undefined;
  readonly hint: string | undefined;

  constructor(code: Code, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.kind = options.kind ?? 'environment';
    this.at = options.at;
    this.hint = options.hint;
  }
}

/** True for a failed system call, whose `code` is an errno name such as `ENOENT`. */
export function isErrno(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return false;
  return codes.length === 0 || codes.includes(String(error.code));
}

/** `file:line:column`, the form that editors and terminals turn into a link. */
export function formatLocation(at: Location): string {
  return `${at.file}:${at.line}:${at.column}`;
}
