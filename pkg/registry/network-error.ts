import { LkitError } from '../errors/index.ts';
import { RegistryError, TransientError } from './error.ts';
import { isTransientCode } from './retry.ts';
import { StallError } from './stall.ts';

const texts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  UND_ERR_SOCKET: 'the connection broke',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name cannot be looked up now',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
};

const certificateCodes =
  /^(CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|ERR_TLS_CERT_ALTNAME)/;

/** Whether TLS was answered by something that is no TLS. */
export function isNoTls(code: string | undefined): boolean {
  return code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG';
}

/** Whether an answer cannot be read at all. One that only ends too early may be whole the next time. */
function isNoHttp(error: unknown): boolean {
  return error instanceof Error && error.name === 'HTTPParserError' && !isTransientCode(codeOf(error));
}

/** What a failed connection means; what may be over in a moment is transient. Other errors are given back as they are. */
export function networkError(error: unknown, url: URL, what: string): unknown {
  if (error instanceof LkitError) return error;
  if (error instanceof StallError) {
    return new TransientError(
      new RegistryError('timeout', `${what}: ${url.host} does not answer: ${error.message}`, { cause: error }),
    );
  }
  const code = codeOf(error);
  if (isNoHttp(error)) {
    const message = `${what}: what ${url.host} answers is not HTTP`;
    return new RegistryError('bad-response', message, { hint: 'Is the port right?', cause: error });
  }
  if (code === undefined) return error;
  if (certificateCodes.test(code)) {
    return new RegistryError(
      'untrusted-certificate',
      `${what}: the certificate of ${url.host} is not trusted (${code})`,
      {
        hint: 'If it is your own, name the file of the authority that signed it: --cert-file FILE.',
        cause: error,
      },
    );
  }
  if (isNoTls(code)) {
    return new RegistryError('plain-http', `${what}: ${url.host} does not speak TLS`, {
      hint: `If you trust the network between: --plain-http ${url.host}`,
      cause: error,
    });
  }
  const reason = texts[code] ?? (error instanceof Error ? error.message : code);
  const final = new RegistryError('unreachable', `${what}: cannot reach ${url.host}: ${reason}`, { cause: error });
  return isTransientCode(code) ? new TransientError(final) : final;
}

/** The code of an error or of what caused it; of several tried addresses, the first. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return codeOf(error.cause);
}
