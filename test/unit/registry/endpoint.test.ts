import assert from 'node:assert/strict';
import { parseReference } from '../../../pkg/image/index.ts';
import { endpointsFor } from '../../../pkg/registry/endpoint.ts';
import { parseMirror, parseMirrors } from '../../../pkg/registry/index.ts';

/** `scheme://host/repository` of each server, in order. */
function asked(
  reference: string,
  mirrors: readonly string[] = [],
  plainHttp: readonly string[] = [],
): readonly string[] {
  const endpoints = endpointsFor(parseReference(reference), mirrors.map(parseMirror), plainHttp);
  return endpoints.map(({ scheme, host, repository }) => `${scheme}://${host}/${repository}`);
}

describe('where an image is asked for', () => {
  it('is its registry, over TLS', () => {
    assert.deepEqual(asked('alpine'), ['https://registry-1.docker.io/library/alpine']);
    assert.deepEqual(asked('index.docker.io/a/b'), ['https://registry-1.docker.io/a/b']);
    assert.deepEqual(asked('ghcr.io/a/b/c:1'), ['https://ghcr.io/a/b/c']);
    assert.deepEqual(asked('registry.lan:5000/a'), ['https://registry.lan:5000/a']);
  });

  it('is this machine over whatever it speaks, and others without TLS when told so', () => {
    assert.deepEqual(asked('localhost/a'), ['either://localhost/a']);
    assert.deepEqual(asked('127.0.0.1:5000/a'), ['either://127.0.0.1:5000/a']);
    assert.deepEqual(asked('registry.lan:5000/a', [], ['registry.lan']), ['http://registry.lan:5000/a']);
    assert.deepEqual(asked('registry.lan:5000/a', [], ['Registry.lan:5000']), ['http://registry.lan:5000/a']);
    assert.deepEqual(asked('registry.lan:5000/a', [], ['registry.lan:5001', 'lan']), ['https://registry.lan:5000/a']);
  });

  it('are the mirrors of its registry first', () => {
    const mirrors = [
      'https://one.example',
      'ghcr.io=https://two.example:8443/',
      'docker.io=http://three.example/hub/x',
    ];
    assert.deepEqual(asked('alpine', mirrors), [
      'https://one.example/library/alpine',
      'http://three.example/hub/x/library/alpine',
      'https://registry-1.docker.io/library/alpine',
    ]);
    assert.deepEqual(asked('ghcr.io/a/b', mirrors), ['https://two.example:8443/a/b', 'https://ghcr.io/a/b']);
    assert.deepEqual(asked('quay.io/a/b', mirrors), ['https://quay.io/a/b']);
  });

  it('is no mirror that cannot be one', () => {
    for (const text of [
      '',
      'mirror.example',
      'docker.io=',
      'ftp://x',
      'https://x/?a=b',
      'docker.io=mirror.example:5000',
    ]) {
      assert.throws(() => parseMirror(text), { code: 'bad-option', kind: 'input' }, text);
    }
    assert.throws(
      () => parseMirror('https://jane:hunter2@mirror.example'),
      (error: Error) => /password/.test(error.message) && !error.message.includes('hunter2'),
    );
  });

  it('comes from a variable as well', () => {
    const hosts = parseMirrors(' https://a.example,ghcr.io=https://b.example\nhttps://c.example ').map(
      ({ url }) => url.host,
    );
    assert.deepEqual(hosts, ['a.example', 'b.example', 'c.example']);
    assert.deepEqual(parseMirrors(undefined), []);
    assert.deepEqual(parseMirrors(''), []);
  });
});
