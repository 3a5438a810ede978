import assert from 'node:assert/strict';
import * as address from '../../../pkg/registry/address.ts';
import { reachOf } from '../../../pkg/registry/host.ts';

const unsafe = { code: 'unsafe-address' };
const hub = new URL('https://registry-1.docker.io/v2/library/alpine/manifests/latest');

const checkRealm = (realm: string | undefined, registry: URL) => address.checkRealm(realm, registry, 'name');
const checkRedirect = (location: string | undefined, from: URL) => address.checkRedirect(location, from, 'name');

describe('addresses that a registry names', () => {
  it('may be token servers that are as safe as itself', () => {
    for (const [realm, registry] of [
      ['https://auth.docker.io/token', hub.href],
      ['https://10.0.0.1/token', 'https://10.0.0.2:5000'],
      ['https://registry.corp:8443/token', 'https://registry.corp'],
      ['http://127.0.0.1:5001/token', 'http://127.0.0.1:5000'],
      ['https://auth.example/token', 'http://registry.lan:5000'],
    ] as const) {
      assert.equal(checkRealm(realm, new URL(registry)).href, realm);
    }
  });

  it('may not be token servers elsewhere', () => {
    for (const realm of [
      undefined,
      '',
      '/token',
      'ftp://auth.example/token',
      'file:///etc/passwd',
      'http://auth.docker.io/token',
      'https://user:password@auth.docker.io/token',
      'https://127.0.0.1/token',
      'https://2130706433/token',
      'https://0x7f.1/token',
      'https://localhost/token',
      'https://foo.localhost/token',
      'https://[::1]/token',
      'https://[::ffff:127.0.0.1]/token',
      'https://169.254.169.254/latest',
      'https://192.168.1.1/token',
      'https://10.1.2.3/token',
    ]) {
      assert.throws(() => checkRealm(realm, hub), unsafe, realm);
    }
  });

  it('do not show what they were when they are refused', () => {
    assert.throws(
      () => checkRealm('https://user:hunter2@auth.example/', hub),
      (error: Error) => !error.message.includes('hunter2'),
    );
  });

  it('may be redirects to storage, also in a private network', () => {
    assert.equal(checkRedirect('/v2/x?y=z', hub).href, 'https://registry-1.docker.io/v2/x?y=z');
    assert.equal(checkRedirect('https://storage.example/a?signature=b', hub).host, 'storage.example');
    assert.equal(checkRedirect('https://10.1.2.3/bucket', hub).host, '10.1.2.3');
    assert.equal(checkRedirect('https://me:secret@storage.example/', hub).href, 'https://storage.example/');
    assert.equal(checkRedirect('http://127.0.0.1:9/x', new URL('http://127.0.0.1:5000/')).port, '9');
  });

  it('may not be redirects to less', () => {
    for (const location of [
      'http://registry-1.docker.io/',
      'https://127.0.0.1/',
      'https://169.254.169.254/',
      'data:,x',
    ]) {
      assert.throws(() => checkRedirect(location, hub), unsafe, location);
    }
    assert.throws(() => checkRedirect(undefined, hub), { code: 'bad-response' });
    assert.throws(() => checkRedirect('https://', hub), { code: 'bad-response' });
  });

  it('reach as far as their address', () => {
    for (const [host, reach] of [
      ['localhost:5000', 'loopback'],
      ['127.8.9.10', 'loopback'],
      ['0.0.0.0:80', 'loopback'],
      ['[::1]:5000', 'loopback'],
      ['LOCALHOST.', 'loopback'],
      ['localhost.example', 'public'],
      ['127.0.0.1.example', 'public'],
      ['169.254.1.1', 'link-local'],
      ['172.31.0.1', 'private'],
      ['172.32.0.1', 'public'],
      ['[fd00::1]', 'private'],
      ['ghcr.io', 'public'],
    ] as const) {
      assert.equal(reachOf(host), reach, host);
    }
  });
});
