import { formatLocation, isErrno, LkitError, LkitErrors } from '../../pkg/errors/index.ts';

/** What a command leaves in the shell's `$?`; the last two as programs do that SIGINT and SIGPIPE end. */
export const exitCodes = { done: 0, failed: 1, invalid: 2, testFailed: 3, interrupted: 130, unread: 141 } as const;

/**
 * The text and exit code for an error that ended a command. `verbose` adds the stack and the causes.
 *
 * @param sourceLines the lines that the error, or each of several, is about, as `sourceLinesOf` gives them
 */
export function describeFailure(
  error: unknown,
  verbose: boolean,
  sourceLines: readonly (string | undefined)[] = [],
): { readonly text: string; readonly exitCode: number } {
  if (error instanceof LkitErrors) {
    const texts = error.errors.map((each, index) => describeFailure(each, verbose, [sourceLines[index]]).text);
    return { text: texts.join('\n'), exitCode: exitCodeOf(error) };
  }
  const [sourceLine] = sourceLines;
  const details = verbose && error instanceof Error ? `\n${stackOf(error)}` : '';
  if (error instanceof LkitError) {
    const where = error.at === undefined ? '' : `${formatLocation(error.at)}: `;
    const line = sourceLine === undefined ? '' : `\n${sourceLine}`;
    const hint = error.hint === undefined ? '' : `\n  ${error.hint}`;
    return { text: `lkit: ${where}${error.message}${line}${hint}${details}`, exitCode: exitCodeOf(error) };
  }
  if (isAbort(error)) return { text: 'lkit: interrupted', exitCode: exitCodes.interrupted };
  if (isErrno(error)) return { text: `lkit: ${describeErrno(error)}${details}`, exitCode: exitCodes.failed };
  const message = error instanceof Error ? error.message : String(error);
  const advice = verbose
    ? ''
    : '\n  This is a fault in lkit. The same command with --verbose shows where; please report it.';
  return { text: `lkit: internal error: ${message}${advice}${details}`, exitCode: exitCodes.failed };
}

function exitCodeOf({ kind }: Pick<LkitError, 'kind'>): number {
  return kind === 'input' ? exitCodes.invalid : exitCodes.failed;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

const errnoTexts: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EISDIR: 'it is a folder',
  EMFILE: 'too many files are open (see ulimit -n)',
  ENOENT: 'no such file or folder',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is not a folder',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
};

/** A failed system call in a person's words: `cannot open /x: permission denied`. */
function describeErrno(error: NodeJS.ErrnoException): string {
  const reason = errnoTexts[error.code ?? ''] ?? error.message;
  return `cannot ${error.syscall ?? 'use'}${error.path === undefined ? '' : ` ${error.path}`}: ${reason}`;
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by: ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}

/** Ends a command whose failure has been printed already. */
export class Reported extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('already reported');
    this.exitCode = exitCode;
  }
}
