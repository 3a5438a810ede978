import { LkitError, type Location } from '../errors/index.ts';

export type RegistryErrorCode =
  /** A mirror, a host or a certificate file that the user named cannot be used. */
  | 'bad-option'
  /** The store does not have the image, and the policy forbids to ask the registry. */
  | 'not-in-store'
  /** The registry wants a login, or refused the one it got. */
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'rate-limited'
  /** No connection, or one that broke again and again. */
  | 'unreachable'
  | 'timeout'
  | 'untrusted-certificate'
  /** It speaks plain HTTP, which nobody allowed. */
  | 'plain-http'
  /** It answered 5xx, again and again. */
  | 'server-error'
  /** An answer that the specification does not know. */
  | 'bad-response'
  /** A redirect or a token server that lkit does not go to. */
  | 'unsafe-address'
  | 'digest-mismatch'
  | 'size-mismatch'
  | 'invalid-image'
  | 'no-platform'
  | 'limit-exceeded'
  /** A credentials file that cannot be read. */
  | 'bad-credentials-file'
  /** A credential helper is missing or failed. */
  | 'credential-helper';

/**
 * A registry did not give or take what was asked of it. The message names registry, repository and, where there is
 * one, the digest; never a credential.
 */
export class RegistryError extends LkitError<RegistryErrorCode> {
  /** The same error with the place where the user named the image, unless it is about something else. */
  located(at: Location | undefined): RegistryError {
    if (at === undefined || this.code === 'bad-option') return this;
    return new RegistryError(this.code, this.message, { kind: this.kind, hint: this.hint, at, cause: this });
  }
}

/** Failures that may be over in a moment: they are tried again, and `final` is what is thrown in the end. */
export class TransientError extends Error {
  readonly final: RegistryError;
  /** What the server's Retry-After header says. */
  readonly retryAfter: string | undefined;

  constructor(final: RegistryError, retryAfter?: string) {
    super(final.message, { cause: final });
    this.final = final;
    this.retryAfter = retryAfter;
  }
}
