import { request } from 'node:http';

export interface UnixResponse {
  readonly status: number;
  readonly body: string;
}

const timeoutMs = 10_000;

/** One HTTP request, JSON if it has a body, to a server on a unix socket. */
export function requestUnix(
  socketPath: string,
  { method, path, body }: { readonly method: string; readonly path: string; readonly body?: unknown },
): Promise<UnixResponse> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = {
      'content-length': Buffer.byteLength(text),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const sent = request({ socketPath, method, path, headers, timeout: timeoutMs, agent: false }, (response) => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (answer += chunk));
      response.once('error', reject);
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 0, body: answer });
      });
    });
    sent.once('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    sent.once('error', reject).end(text);
  });
}
