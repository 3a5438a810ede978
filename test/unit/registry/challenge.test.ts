import assert from 'node:assert/strict';
import { parseChallenges } from '../../../pkg/registry/challenge.ts';

/** `scheme name=value name=value`, for each challenge. */
function shown(...headers: readonly string[]): readonly string[] {
  return parseChallenges(headers).map(({ scheme, parameters }) =>
    [scheme, ...[...parameters].map(([name, value]) => `${name}=${value}`)].join(' '),
  );
}

describe('WWW-Authenticate', () => {
  for (const [title, headers, expected] of [
    [
      'of Docker Hub',
      ['Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"'],
      ['bearer realm=https://auth.docker.io/token service=registry.docker.io scope=repository:a/b:pull,push'],
    ],
    ['with two challenges in one header', ['Basic realm="x", Bearer realm=y'], ['basic realm=x', 'bearer realm=y']],
    ['in two headers', ['Basic realm="x"', 'Bearer realm="y"'], ['basic realm=x', 'bearer realm=y']],
    ['with a blob in between', ['Negotiate YWJj==, Basic realm=x'], ['negotiate', 'basic realm=x']],
    ['with a scheme alone', ['Negotiate'], ['negotiate']],
    ['with two schemes alone', ['Negotiate, NTLM'], ['negotiate', 'ntlm']],
    ['with blanks around everything', ['  BEARER   Realm = "y" ,  service = z  '], ['bearer realm=y service=z']],
    [
      'with quotes and commas in quotes',
      ['Bearer realm="a\\"b, Basic realm=c\\\\"'],
      ['bearer realm=a"b, Basic realm=c\\'],
    ],
    ['with empty elements', [',, Bearer realm="y",, service=z,'], ['bearer realm=y service=z']],
    ['with a parameter twice', ['Bearer realm="good", realm="evil"'], ['bearer realm=good']],
    ['with a quote that does not end', ['Basic realm=x, Bearer realm="y'], ['basic realm=x', 'bearer']],
    ['that is empty', [''], []],
    ['that is nonsense', ['=====;;;'], []],
  ] as const) {
    it(title, () => {
      assert.deepEqual(shown(...headers), expected);
    });
  }

  it('of a megabyte is read in no time', () => {
    const before = performance.now();
    shown(`Bearer ${'a=b,'.repeat(2e5)}`, 'x'.repeat(1e6), `Bearer realm="${'\\'.repeat(1e6)}`, ' ,'.repeat(5e5));
    assert.ok(performance.now() - before < 2000);
  });
});
