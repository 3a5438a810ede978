import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LkitError } from '../../../pkg/errors/index.ts';
import { type Architecture, parseReference } from '../../../pkg/image/index.ts';
import {
  proxiesFrom,
  pullImage,
  pushImage,
  RegistryClient,
  type RegistryOptions,
} from '../../../pkg/registry/index.ts';
import { Store } from '../../../pkg/store/index.ts';
import { FaultyRegistry } from '../../support/faulty-registry.ts';
import { PrivateRegistry } from '../../support/registry.ts';
import { makeImage } from '../../support/registry-image.ts';

describe('a registry behind a proxy', function () {
  this.timeout(30_000);
  const arch: Architecture = 'amd64';
  let scratch: string;
  let store: Store;
  let proxy: Server;
  /** What the proxy was asked for, and what it was shown. */
  let asked: string[];
  /** Where the proxy goes, whatever it is asked for. */
  let upstream: string;

  beforeEach(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'lkit-proxy-'));
    store = await Store.open(path.join(scratch, 'store'));
    asked = [];
    proxy = createServer((request, response) => {
      asked.push(`${request.method!} ${request.url!} ${request.headers['proxy-authorization'] ?? '-'}`);
      void fetch(`http://${upstream}${new URL(request.url!).pathname}`).then(async (answer) => {
        response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
        response.end(Buffer.from(await answer.arrayBuffer()));
      });
    });
    proxy.on('connect', (request, socket) => {
      asked.push(`CONNECT ${request.url!} ${request.headers['proxy-authorization'] ?? '-'}`);
      const { hostname, port } = new URL(`http://${upstream}`);
      const tunnel = connect(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        tunnel.pipe(socket).pipe(tunnel);
      });
      for (const each of [socket, tunnel]) each.on('error', () => tunnel.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
    await rm(scratch, { recursive: true, force: true });
  });

  const address = (login = '') => `http://${login}127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const pull = (name: string, options: RegistryOptions) =>
    pullImage(parseReference(name), { arch }, { client: new RegistryClient(options), store });

  it('is reached by https through a tunnel', async () => {
    const registry = await PrivateRegistry.start({ tls: true });
    try {
      upstream = registry.host;
      const source = await Store.open(path.join(scratch, 'source'));
      const image = await makeImage(source);
      const certFiles = [registry.certFile];
      const local = parseReference(`${registry.host}/name:1`);
      await pushImage(image, local, { client: new RegistryClient({ certFiles }), store: source });
      const proxies = proxiesFrom({ https_proxy: address('jane:secret@'), HTTPS_PROXY: 'http://unused.example' });
      const pulled = await pull('registry.example/name:1', { certFiles, proxies });
      assert.equal(pulled.descriptor.digest, image.descriptor.digest);
      const authorization = `Basic ${Buffer.from('jane:secret').toString('base64')}`;
      assert.deepEqual([...new Set(asked)], [`CONNECT registry.example:443 ${authorization}`]);
    } finally {
      await registry.stop();
    }
  });

  it('is reached by plain HTTP where that is allowed, but for hosts that are excepted', async () => {
    const registry = await FaultyRegistry.start();
    try {
      upstream = registry.host;
      const source = await Store.open(path.join(scratch, 'source'));
      await registry.add(source, await makeImage(source), 'latest');
      const env = { HTTP_PROXY: address().slice('http://'.length), NO_PROXY: 'excepted.invalid' };
      const plainHttp = ['registry.example', 'excepted.invalid'];
      await pull('registry.example/name', { proxies: proxiesFrom(env), plainHttp });
      assert.match(asked[0]!, /^GET http:\/\/registry\.example\/v2\/name\/manifests\/latest -$/);
      const before = asked.length;
      await assert.rejects(pull('excepted.invalid/name', { proxies: proxiesFrom(env), plainHttp }), {
        code: 'unreachable',
      });
      assert.equal(asked.length, before);
    } finally {
      await registry.stop();
    }
  });

  it('that refuses is what the error is about', async () => {
    proxy.removeAllListeners('connect');
    proxy.on('connect', (_request, socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'));
    const proxies = proxiesFrom({ https_proxy: address('jane:secret@') });
    await assert.rejects(pull('registry.example/name', { proxies }), (error: LkitError) => {
      assert.equal(error.code, 'unreachable');
      assert.match(error.message, /registry\.example\/name: tag "latest": cannot reach registry\.example: .*407/);
      assert.doesNotMatch(`${error.stack!} ${String(error.cause)}`, /secret/);
      return true;
    });
    const bad = proxiesFrom({ https_proxy: 'http://jane:secret@:x' });
    await assert.rejects(pull('registry.example/name', { proxies: bad }), { code: 'bad-option', message: /^[^:]*$/ });
  });

  it('of this machine is not looked for behind it', async () => {
    const registry = await FaultyRegistry.start();
    try {
      const source = await Store.open(path.join(scratch, 'source'));
      await registry.add(source, await makeImage(source), 'latest');
      await pull(`${registry.host}/name`, { proxies: proxiesFrom({ http_proxy: address(), https_proxy: address() }) });
      assert.deepEqual(asked, []);
    } finally {
      await registry.stop();
    }
  });
});
