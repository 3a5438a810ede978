import { setTimeout as sleep } from 'node:timers/promises';
import { type RegistryError, TransientError } from './error.ts';

export interface RetryOptions {
  /** How often one thing is tried. @default 5 */
  readonly attempts: number;
  /** Milliseconds before the second try; each further wait is twice as long. @default 500 */
  readonly baseMs: number;
  /** Milliseconds that no wait exceeds, whatever a server asks for. @default 60 000 */
  readonly capMs: number;
  /** Milliseconds since 1970, for servers that name the time at which to come back. @default Date.now */
  readonly now: () => number;
  /** From 0 to 1, so that many clients do not come back all at once. @default Math.random */
  readonly random: () => number;
}

export const defaultRetry: RetryOptions = {
  attempts: 5,
  baseMs: 500,
  capMs: 60_000,
  now: Date.now,
  random: Math.random,
};

/** Answers that may be others in a moment. 501 and 505 will not. */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 429 || [500, 502, 503, 504].includes(status);
}

const transientErrors = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'HPE_INVALID_EOF_STATE',
]);

/** Failures of a connection that may be over in a moment; that nobody listens there, or the host has no address, is not. */
export function isTransientCode(code: string | undefined): boolean {
  return code !== undefined && transientErrors.has(code);
}

/**
 * Milliseconds to wait before the try that follows the `tried`-th, or `undefined` when it was the last.
 *
 * @param retryAfter seconds or an HTTP date (RFC 9110, 10.2.3)
 */
export function retryDelay(tried: number, retryAfter: string | undefined, options: RetryOptions): number | undefined {
  const { attempts, baseMs, capMs, random } = options;
  if (tried >= attempts) return undefined;
  const asked = retryAfterMs(retryAfter, options.now);
  // From half to all of it: waits still grow, but no two clients wait alike.
  const backOff = baseMs * 2 ** (tried - 1) * (0.5 + random() / 2);
  return Math.min(capMs, Math.max(asked ?? 0, backOff));
}

function retryAfterMs(value: string | undefined, now: () => number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now());
}

/** How persistent one piece of work is, and who hears of it. */
export interface Persistence {
  readonly retry: RetryOptions;
  readonly signal?: AbortSignal | undefined;
  /** Told before each wait. */
  readonly onWait?: ((delayMs: number, error: RegistryError) => void) | undefined;
}

/** Tries something until it succeeds, fails for good, or has been tried often enough; only `TransientError`s are tried again. */
export async function retrying<T>(persistence: Persistence, action: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    persistence.signal?.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      await waitOrThrow(error, tried, persistence);
    }
  }
}

/** Waits as long as it takes before a failed thing is tried again; throws where it should not be. */
export async function waitOrThrow(error: unknown, tried: number, persistence: Persistence): Promise<void> {
  if (!(error instanceof TransientError)) throw error;
  const delay = retryDelay(tried, error.retryAfter, persistence.retry);
  if (delay === undefined) throw error.final;
  persistence.onWait?.(delay, error.final);
  await sleep(delay, undefined, persistence.signal === undefined ? {} : { signal: persistence.signal });
}
