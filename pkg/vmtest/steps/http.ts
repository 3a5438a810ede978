import { get, type IncomingMessage } from 'node:http';
import type { Action } from '../types.ts';
import { checkText } from './run.ts';

type HttpAction = Extract<Action, { readonly kind: 'http' }>;

/** QEMU accepts a connection before the guest listens; then nothing comes. */
const answerTimeoutMs = 2000;
const largestBody = 16 * 1024 * 1024;

/** Asks once; gives back in what the answer is not as expected, or why there was none. */
export async function askHttp(
  { path, status, body }: HttpAction,
  { host, port }: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<string | undefined> {
  const answer = await ask(
    `http://${host}:${port}${path}`,
    AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]),
  );
  if (typeof answer === 'string') return answer;
  if (answer.status !== status) return `the answer's status is ${answer.status}, not ${status}`;
  return checkText('the answer', body, answer.body);
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function ask(url: string, signal: AbortSignal): Promise<Answer | string> {
  return new Promise((resolve) => {
    const fail = (error: Error): void => {
      resolve(`there is no answer: ${error.name === 'AbortError' ? 'it takes too long' : error.message}`);
    };
    // A connection of its own: what a guest leaves open must not be used again.
    get(url, { agent: false, signal }, (response) => {
      readBody(response).then((body) => {
        resolve({ status: response.statusCode ?? 0, body });
      }, fail);
    }).on('error', fail);
  });
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBody) throw new Error('its body is longer than 16 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
