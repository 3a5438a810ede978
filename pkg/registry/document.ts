import { readBody } from './answer.ts';
import type { RegistryOptions } from './client.ts';
import { defaultTimeouts } from './dispatcher.ts';
import { RegistryError, TransientError } from './error.ts';
import { noProxies } from './proxy.ts';
import { Transport } from './transport.ts';

/**
 * A document from a web server, reached as registries are: by the same proxies, trusting the same certificates.
 *
 * @throws {RegistryError}
 */
export async function fetchDocument(url: URL, maxBytes: number, options: RegistryOptions): Promise<Buffer> {
  const { proxies = noProxies, certFiles = [], timeouts, userAgent = 'lkit' } = options;
  const transport = new Transport({ proxies, certFiles, timeouts: { ...defaultTimeouts, ...timeouts } }, userAgent);
  const what = `${url.origin}${url.pathname}`;
  try {
    const answer = await transport.send({ method: 'GET', url, what });
    const { status } = answer;
    if (status === 200) return await readBody(answer, maxBytes, what);
    await answer.discard();
    const code = status === 404 ? 'not-found' : 'bad-response';
    // It brings all of Node.js's HTTP along, which nothing else of a build asks for.
    const { STATUS_CODES } = await import('node:http');
    const said = `${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
    throw new RegistryError(code, `cannot read ${what}: the server answered ${said}`, { kind: 'input' });
  } catch (error) {
    throw error instanceof TransientError ? error.final : error;
  }
}
