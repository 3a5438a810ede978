import { EngineError } from './error.ts';

/** What the engine answered in place of a result. */
interface Refusal extends Error {
  readonly statusCode: number;
  readonly json?: { readonly message?: string } | null;
}

function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number';
}

export function isNotFound(error: unknown): boolean {
  return isRefusal(error) && error.statusCode === 404;
}

/** `what` says what the engine was asked for: `the engine cannot …`. */
export function engineFailure(error: unknown, what: string): unknown {
  if (error instanceof EngineError || !(error instanceof Error)) return error;
  const own = isRefusal(error) ? error.json?.message : undefined;
  const reason = own ?? error.message.replace(/^\(HTTP code \d+\) [^-]* - /, '');
  return new EngineError('engine-failed', `the container engine cannot ${what}: ${reason.trim()}`, { cause: error });
}
