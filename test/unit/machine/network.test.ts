import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { checkPortsFree, parseNetwork, type PublishedPort } from '../../../pkg/machine/index.ts';

describe('machine: networking', () => {
  it('publishes ports on the user network', () => {
    assert.deepEqual(parseNetwork('user', ['8080:80', '5353:53/udp', '127.0.0.1:2222:22/tcp']), {
      kind: 'user',
      publish: [
        { address: '', host: 8080, guest: 80, protocol: 'tcp' },
        { address: '', host: 5353, guest: 53, protocol: 'udp' },
        { address: '127.0.0.1', host: 2222, guest: 22, protocol: 'tcp' },
      ],
    });
  });

  it('takes none, bridge and tap', () => {
    assert.deepEqual(parseNetwork('none', []), { kind: 'none' });
    assert.deepEqual(parseNetwork('bridge,br0', []), { kind: 'bridge', name: 'br0' });
    assert.deepEqual(parseNetwork('tap,tap3', []), { kind: 'tap', name: 'tap3' });
    assert.deepEqual(parseNetwork('default', []), { kind: 'user', publish: [] });
  });

  for (const text of ['', 'wifi', 'bridge', 'bridge,', 'tap,a,b', 'tap,averyveryverylongname', 'user,x', 'none,x']) {
    it(`refuses -networking "${text}"`, () => {
      assert.throws(() => parseNetwork(text, []), { code: 'bad-network', kind: 'input' });
    });
  }

  for (const text of ['80', 'a:b', '0:80', '80:65536', '80:80/sctp', '999.1.1.1:80:80', '80:80:80:80']) {
    it(`refuses -publish "${text}" with examples`, () => {
      assert.throws(() => parseNetwork('user', [text]), { code: 'bad-port', kind: 'input', hint: /8080:80/ });
    });
  }

  it('refuses a host port published twice, but tcp and udp side by side are fine', () => {
    assert.throws(() => parseNetwork('user', ['80:80', '80:81']), { code: 'bad-port' });
    assert.doesNotThrow(() => parseNetwork('user', ['80:80', '80:80/udp']));
  });

  it('refuses ports where there is no user network', () => {
    assert.throws(() => parseNetwork('none', ['80:80']), { code: 'bad-port' });
  });

  it('says when a port of the host is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const published: PublishedPort = { address: '127.0.0.1', host: port, guest: 80, protocol: 'tcp' };
    try {
      await assert.rejects(checkPortsFree([published]), { code: 'port-busy', message: new RegExp(String(port)) });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    await checkPortsFree([published]);
  });
});
