import { RegistryError, type RegistryErrorCode, TransientError } from './error.ts';
import { isTransientStatus } from './retry.ts';
import type { Answer } from './transport.ts';

/** An error page is not worth more. */
const maxErrorBytes = 64 << 10;

/**
 * The whole body, if it is not larger than `limit` bytes.
 *
 * @throws {RegistryError} `limit-exceeded`
 */
export async function readBody(answer: Answer, limit: number, what: string, hint?: string): Promise<Buffer> {
  const announced = Number(answer.header('content-length') ?? 0);
  const chunks: Buffer[] = [];
  let size = 0;
  if (announced <= limit) {
    for await (const chunk of answer.body) {
      size += chunk.length;
      if (size > limit) break;
      chunks.push(chunk);
    }
  }
  if (announced <= limit && size <= limit) return Buffer.concat(chunks);
  await answer.discard();
  throw new RegistryError('limit-exceeded', `${what}: ${answer.url.host} sends more than ${limit} bytes`, { hint });
}

/**
 * What an answer with a status that was not hoped for means. Reads its body.
 *
 * @param missing what to do when it is not there
 */
export async function refusal(answer: Answer, what: string, missing?: string): Promise<RegistryError | TransientError> {
  const { status, url } = answer;
  const said = await explanation(answer);
  const error = new RegistryError(codes[status] ?? (status >= 500 ? 'server-error' : 'bad-response'), text(), {
    kind: status === 404 ? 'input' : 'environment',
    hint: status === 404 ? missing : hints[status],
  });
  return isTransientStatus(status) ? new TransientError(error, answer.header('retry-after')) : error;

  function text(): string {
    const detail = said === '' ? '' : ` (${said})`;
    if (status === 404) return `${what}: not found at ${url.host}${detail}`;
    if (status === 403) return `${what}: ${url.host} denies access${detail}`;
    if (status === 429) return `${what}: ${url.host} takes no more requests for now${detail}`;
    return `${what}: ${url.host} answers with status ${status}${detail}`;
  }
}

const codes: Readonly<Record<number, RegistryErrorCode>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  429: 'rate-limited',
};

const hints: Readonly<Record<number, string>> = {
  403: 'The login may be for another account, or lack the right to do this.',
  407: 'Write the login into the address of the proxy: http://USER:PASSWORD@HOST:PORT.',
  429: 'Log in (docker login), use a mirror (--mirror), or wait.',
};

/** `MANIFEST_UNKNOWN: manifest unknown` (distribution-spec, "Error Codes"), or nothing. */
async function explanation(answer: Answer): Promise<string> {
  try {
    const body = await readBody(answer, maxErrorBytes, '');
    const { errors } = JSON.parse(body.toString('utf8')) as { readonly errors?: unknown };
    const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
    if (typeof first !== 'object' || first === null) return '';
    const { code, message } = first as Readonly<Record<string, unknown>>;
    return [code, message]
      .filter((part) => typeof part === 'string' && part !== '')
      .map((part) => printable(String(part)))
      .join(': ');
  } catch {
    return '';
  }
}

/** A stranger's words, without what would steer the terminal, and short. */
function printable(words: string): string {
  return words.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, 200);
}
