import assert from 'node:assert/strict';
import { RegistryError, TransientError } from '../../../pkg/registry/error.ts';
import { networkError } from '../../../pkg/registry/network-error.ts';
import { isTransientStatus, retryDelay, retrying, type RetryOptions } from '../../../pkg/registry/retry.ts';

const options: RetryOptions = {
  attempts: 4,
  baseMs: 100,
  capMs: 10_000,
  now: () => Date.UTC(2030, 0, 1),
  random: () => 1,
};

describe('what is tried again', () => {
  it('are answers that may be others in a moment', () => {
    assert.deepEqual(
      [408, 429, 500, 502, 503, 504].filter((status) => !isTransientStatus(status)),
      [],
    );
    assert.deepEqual([200, 301, 400, 401, 403, 404, 416, 501, 505].filter(isTransientStatus), []);
  });

  it('are connections that broke, not those that never will be', () => {
    const failure = (code: string) =>
      networkError(Object.assign(new Error(code), { code }), new URL('https://r.example'), 'x');
    for (const code of ['ECONNRESET', 'UND_ERR_SOCKET', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']) {
      assert.ok(failure(code) instanceof TransientError, code);
    }
    for (const [code, expected] of [
      ['ECONNREFUSED', 'unreachable'],
      ['ENOTFOUND', 'unreachable'],
      ['SELF_SIGNED_CERT_IN_CHAIN', 'untrusted-certificate'],
      ['CERT_HAS_EXPIRED', 'untrusted-certificate'],
      ['ERR_TLS_CERT_ALTNAME_INVALID', 'untrusted-certificate'],
      ['EPROTO', 'plain-http'],
    ] as const) {
      const error = failure(code);
      assert.ok(error instanceof RegistryError && error.code === expected, code);
    }
    const bug = new TypeError('bug');
    assert.equal(networkError(bug, new URL('https://r.example'), 'x'), bug);
  });

  it('waits longer each time, and not for ever', () => {
    assert.deepEqual(
      [1, 2, 3, 4].map((tried) => retryDelay(tried, undefined, options)),
      [100, 200, 400, undefined],
    );
    assert.equal(retryDelay(1, undefined, { ...options, random: () => 0 }), 50);
    assert.equal(retryDelay(1, undefined, { ...options, baseMs: 1e6 }), 10_000);
  });

  it('waits as long as the server asks, up to a point', () => {
    for (const [retryAfter, expected] of [
      ['3', 3000],
      [' 3 ', 3000],
      ['0', 100],
      ['31536000', 10_000],
      ['99999999999999999999999', 10_000],
      ['Tue, 01 Jan 2030 00:00:05 GMT', 5000],
      ['Tue, 01 Jan 2019 00:00:05 GMT', 100],
      ['soon', 100],
      ['-5', 100],
    ] as const) {
      assert.equal(retryDelay(1, retryAfter, options), expected, retryAfter);
    }
  });

  it('ends with the error itself, after so many tries', async () => {
    const final = new RegistryError('server-error', 'down');
    const waits: number[] = [];
    let tries = 0;
    const retry = { ...options, baseMs: 1 };
    await assert.rejects(
      retrying({ retry, onWait: (delayMs) => waits.push(delayMs) }, () => {
        tries++;
        return Promise.reject(new TransientError(final));
      }),
      final,
    );
    assert.deepEqual([tries, waits], [4, [1, 2, 4]]);
  });

  it('is left when the user has had enough', async () => {
    const controller = new AbortController();
    const retry = { ...options, baseMs: 60_000, capMs: 60_000 };
    const work = retrying({ retry, signal: controller.signal }, () => {
      setTimeout(() => {
        controller.abort();
      }, 5);
      return Promise.reject(new TransientError(new RegistryError('server-error', 'down')));
    });
    await assert.rejects(work, { name: 'AbortError' });
  });
});
