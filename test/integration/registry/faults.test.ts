import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { LkitError } from '../../../pkg/errors/index.ts';
import { type Descriptor, mediaTypes, parseReference, sha256, type StoredImage } from '../../../pkg/image/index.ts';
import { type CredentialSource, pullImage, RegistryClient, type RegistryOptions } from '../../../pkg/registry/index.ts';
import { imageTree, Store } from '../../../pkg/store/index.ts';
import { rawTar } from '../../unit/archive/raw-tar.ts';
import { type Fault, FaultyRegistry, times } from '../../support/faulty-registry.ts';
import { makeImage, randomLayer } from '../../support/registry-image.ts';

const secret = 'correct horse';

const jane: CredentialSource = {
  find: () => Promise.resolve({ credential: { kind: 'password', username: 'jane', password: secret }, from: 'a test' }),
};

describe('a registry that goes wrong', function () {
  this.timeout(20_000);
  let scratch: string;
  let source: Store;
  let registry: FaultyRegistry;
  let image: StoredImage;
  let layer: Descriptor;
  let store: Store;

  before(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'lkit-faults-'));
    source = await Store.open(path.join(scratch, 'source'));
    image = await makeImage(source, { layers: [randomLayer(3 << 20)] });
    layer = image.manifest.layers[0]!;
  });
  after(() => rm(scratch, { recursive: true, force: true }));

  beforeEach(async () => {
    registry = await FaultyRegistry.start();
    await registry.add(source, image, 'latest');
    store = await Store.open(await mkdtemp(path.join(scratch, 'store-')));
  });
  afterEach(() => registry.stop());

  function pull(options: RegistryOptions = {}, name = 'name'): Promise<StoredImage> {
    const quick = { retry: { baseMs: 1, capMs: 20 }, timeouts: { connectMs: 500, stallMs: 300 } };
    const client = new RegistryClient({ ...quick, plainHttp: [registry.host], ...options });
    return pullImage(parseReference(`${registry.host}/${name}`), { arch: 'amd64' }, { client, store });
  }

  async function succeeds(options?: RegistryOptions): Promise<void> {
    assert.equal((await pull(options)).descriptor.digest, image.descriptor.digest);
    assert.ok(await store.isIntact(layer));
  }

  /** The error names the registry and repository, has no secret in it, and nothing half is left in the store. */
  async function fails(code: string, message: RegExp, options?: RegistryOptions): Promise<void> {
    await assert.rejects(pull(options), (error: LkitError) => {
      assert.equal(error.code, code, error.stack);
      assert.match(error.message, message);
      assert.ok(error.message.includes(`${registry.host}/name`), error.message);
      const everything = JSON.stringify([error.message, error.hint, error.stack, String(error.cause)]);
      assert.doesNotMatch(everything, /correct horse|amFuZTpjb3JyZWN0|Bearer [^"]*token/);
      return true;
    });
    assert.deepEqual(await readdir(path.join(store.directory, 'tmp')), []);
    for (const name of await readdir(path.join(store.directory, 'blobs/sha256'))) {
      const digest = `sha256:${name}` as const;
      const { size } = await stat(store.blobPath(digest));
      assert.ok(await store.isIntact({ digest, size }));
    }
    assert.equal(await store.resolve(`${registry.host}/name:latest`), undefined);
  }

  const at = (part: string, fault: (response: ServerResponse, request: IncomingMessage) => void): Fault => {
    return (request, response) => {
      if (!request.url!.includes(part)) return false;
      fault(response, request);
      return true;
    };
  };
  const ofLayer = (fault: (response: ServerResponse, request: IncomingMessage) => void) =>
    at('/blobs/' + layer.digest, fault);
  const bytesOfLayer = () => registry.blob(layer.digest);

  describe('with a layer', () => {
    it('that breaks off: the rest is asked for, by range', async () => {
      registry.fault = times(
        1,
        ofLayer((response) => {
          response.writeHead(200, { 'content-length': layer.size });
          response.write(bytesOfLayer().subarray(0, 1_000_000), () => response.destroy());
        }),
      );
      await succeeds();
      const [, second] = registry.seen.filter(({ url }) => url.includes(layer.digest));
      assert.match(second!.headers.range!, /^bytes=\d+-$/);
    });

    it('that breaks off, where ranges are not known: the beginning is not stored twice', async () => {
      let count = 0;
      registry.fault = ofLayer((response) => {
        response.writeHead(200, { 'content-length': layer.size });
        if (++count > 2) response.end(bytesOfLayer());
        else response.write(bytesOfLayer().subarray(0, 500_000 * count), () => response.destroy());
      });
      await succeeds();
    });

    it('that breaks off again and again', async () => {
      registry.fault = ofLayer((response) => {
        response.writeHead(200, { 'content-length': layer.size });
        response.write(bytesOfLayer().subarray(0, 1000), () => response.destroy());
      });
      await fails('unreachable', new RegExp(`layer ${layer.digest}: cannot reach .*the connection broke`));
      assert.equal(registry.count(layer.digest), 5);
    });

    it('that ends early, as if that were all', async () => {
      registry.fault = ofLayer((response) => response.end(bytesOfLayer().subarray(0, 1000)));
      await fails('size-mismatch', new RegExp(`layer ${layer.digest}: expected ${layer.size} bytes`));
    });

    it('that does not end', async () => {
      registry.fault = ofLayer((response) => {
        const pour = (): void => {
          while (response.writable && response.write(Buffer.alloc(65_536)));
        };
        response.on('drain', pour);
        pour();
      });
      await fails('size-mismatch', new RegExp(`layer ${layer.digest}.*more than`));
    });

    it('of another length', async () => {
      registry.fault = ofLayer((response) => response.end(bytesOfLayer().subarray(1)));
      await fails(
        'size-mismatch',
        new RegExp(`${layer.digest}: expected ${layer.size} bytes, but the registry has ${layer.size - 1}`),
      );
      assert.equal(registry.count(layer.digest), 1);
    });

    it('of which one bit is wrong', async () => {
      const bytes = Buffer.from(bytesOfLayer());
      bytes[bytes.length >> 1]! ^= 1;
      registry.fault = ofLayer((response) => response.end(bytes));
      await fails('digest-mismatch', new RegExp(`layer ${layer.digest}.*expected ${layer.digest}`));
    });

    it('of which another part is sent than the one asked for', async () => {
      let count = 0;
      registry.fault = ofLayer((response) => {
        response.writeHead(++count === 1 ? 200 : 206, { 'content-range': `bytes 5-9/${layer.size}` });
        response.write(bytesOfLayer().subarray(0, 1000), () => response.destroy());
      });
      await fails('bad-response', /another part/);
    });

    it('that comes in drops', async () => {
      registry.fault = ofLayer((response) => {
        response.writeHead(200, { 'content-length': layer.size });
        const timer = setInterval(() => response.write('.'), 20);
        response.on('close', () => {
          clearInterval(timer);
        });
      });
      await fails('timeout', /does not answer: nothing came for 0\.3 s/, { retry: { attempts: 2, baseMs: 1 } });
    });

    for (const isWrong of [false, true]) {
      it(`that a mirror ${isWrong ? 'began with wrong bytes: all' : 'began: only the rest'} comes from the registry`, async () => {
        const mirror = await FaultyRegistry.start();
        await mirror.add(source, image, 'latest');
        mirror.fault = ofLayer((response) => {
          const beginning = Buffer.from(bytesOfLayer().subarray(0, 2 << 20));
          if (isWrong) beginning[100]! ^= 1;
          response.writeHead(200, { 'content-length': layer.size });
          response.write(beginning, () => response.destroy());
        });
        await succeeds({ mirrors: [{ registry: registry.host, url: new URL(`http://${mirror.host}`) }] });
        await mirror.stop();
        const asked = registry.seen.filter(({ url }) => url.includes(layer.digest)).map(({ headers }) => headers.range);
        assert.match(asked[0]!, /^bytes=\d+-$/);
        assert.deepEqual(asked.slice(1), isWrong ? [undefined] : []);
      });
    }

    it('that is a bomb: it is stored as it is, and stopped when it is unpacked', async () => {
      const bomb = gzipSync(rawTar([{ name: 'zeros', data: Buffer.alloc(128 << 20) }]), { level: 9 });
      await registry.add(source, await makeImage(source, { layers: [bomb] }), 'bomb');
      const pulled = await pull({}, 'name:bomb');
      await assert.rejects(
        async () => {
          for await (const { content } of imageTree(store, pulled)) for await (const chunk of content) chunk.fill(0);
        },
        { code: 'limit-exceeded' },
      );
    });
  });

  describe('with a manifest', () => {
    const manifest = (tag: string, content: unknown): void => {
      const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
      registry.addManifest(bytes, mediaTypes.manifest, tag);
    };

    it('of 10 MB, unless that is allowed, and then it can be used without', async () => {
      const large = Buffer.from(JSON.stringify({ ...image.manifest, annotations: { a: 'x'.repeat(10e6) } }));
      manifest('latest', large);
      await fails('limit-exceeded', /tag "latest": 127.* sends more than 4194304 bytes/);
      await assert.rejects(pull(), (error: LkitError) => (error.hint ?? '').includes('--limit manifest=NUMBER'));
      store = await Store.open(store.directory, { limits: { manifest: 11e6 } });
      const { digest } = (await pull()).descriptor;
      assert.equal(digest, sha256(large));
      const asked = registry.seen.length;
      store = await Store.open(store.directory);
      assert.equal((await pull()).descriptor.digest, digest);
      assert.equal((await pull({}, `name@${digest}`)).descriptor.digest, digest);
      assert.equal(registry.seen.length, asked);
    });

    it('of 10 MB that it does not announce', async () => {
      registry.fault = at('/manifests/', (response) => {
        response.writeHead(200);
        for (let part = 0; part < 10; part++) response.write(' '.repeat(1e6));
        response.end();
      });
      await fails('limit-exceeded', /sends more than/);
    });

    it('that is not the one it names', async () => {
      registry.fault = at('/manifests/', (response) => {
        response.writeHead(200, { 'docker-content-digest': layer.digest });
        response.end(JSON.stringify(image.manifest));
      });
      await fails('digest-mismatch', new RegExp(`expected ${layer.digest}`));
    });

    it('that something in between compresses, though nobody asked for that', async () => {
      registry.fault = at('/manifests', (response) => {
        response.writeHead(200, { 'content-encoding': 'gzip', 'docker-content-digest': image.descriptor.digest });
        response.end(gzipSync(JSON.stringify(image.manifest)));
      });
      await fails('bad-response', /tag "latest": 127.* sends it compressed \(gzip\)/);
    });

    it('that is a web page', async () => {
      manifest('latest', Buffer.from('<html>Welcome to the hotel</html>'));
      await fails('invalid-image', /manifest is not valid/);
    });

    it('that it calls an index', async () => {
      registry.addManifest(Buffer.from(JSON.stringify(image.manifest)), mediaTypes.index, 'latest');
      await fails('invalid-image', /calls the manifest a .*index/);
    });

    it('with a name for a blob that is a path', async () => {
      manifest('latest', { ...image.manifest, layers: [{ ...layer, digest: 'sha256:../../../../etc/passwd' }] });
      await fails('invalid-image', /layers\[0\]\.digest/);
    });

    it('with more layers than anybody needs', async () => {
      manifest('latest', { ...image.manifest, layers: new Array(600).fill(layer) });
      await fails('limit-exceeded', /more than 512 layers/);
    });

    it('with layers that would fill the disk, of which none is asked for', async () => {
      const [first] = image.manifest.layers;
      manifest('latest', { ...image.manifest, layers: [first, { ...first, digest: sha256('x'), size: 2 ** 40 }] });
      await fails('limit-exceeded', /its layers have more than 34359738368 bytes/);
      assert.equal(registry.count('/blobs/'), 0);
    });

    it('with a configuration of a gigabyte', async () => {
      manifest('latest', { ...image.manifest, config: { ...image.manifest.config, size: 2 ** 30 } });
      await fails('limit-exceeded', /configuration/);
    });

    it('that is an index of itself in an index, and so on', async () => {
      let inner = { ...image.descriptor, platform: { os: 'linux', architecture: 'amd64' } };
      for (let depth = 0; depth < 8; depth++) {
        const index = await source.putJson(
          { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [inner] },
          mediaTypes.index,
        );
        inner = { ...inner, ...index };
        registry.addManifest(await source.readBlob(index), mediaTypes.index, 'latest');
      }
      await assert.rejects(pull(), { code: 'invalid-image', message: /nested too deeply/ });
    });
  });

  describe('with its answers', () => {
    it('500 twice, then good', async () => {
      registry.fault = times(
        2,
        at('/', (response) => response.writeHead(500).end('oops')),
      );
      await succeeds();
    });

    it('500 for ever', async () => {
      registry.fault = at('/', (response) => response.writeHead(503).end());
      await fails('server-error', /tag "latest": .* answers with status 503/);
      assert.equal(registry.seen.length, 5);
    });

    it('501, which will not get better', async () => {
      registry.fault = at('/', (response) => response.writeHead(501).end());
      await fails('server-error', /status 501/);
      assert.equal(registry.seen.length, 1);
    });

    it('429, with a time to come back', async () => {
      registry.fault = times(
        1,
        at('/blobs/', (response) => response.writeHead(429, { 'retry-after': '1' }).end()),
      );
      const before = Date.now();
      await succeeds({ retry: { baseMs: 1, capMs: 5000 } });
      assert.ok(Date.now() - before >= 1000);
    });

    it('429, with a time next year', async () => {
      const body = JSON.stringify({ errors: [{ code: 'TOOMANYREQUESTS', message: 'slow \x1b[2Jdown' }] });
      registry.fault = at('/', (response) => response.writeHead(429, { 'retry-after': '31536000' }).end(body));
      await fails('rate-limited', /takes no more requests for now \(TOOMANYREQUESTS: slow {1,2}\[2Jdown\)/);
    });

    it('none at all', async () => {
      registry.fault = () => true;
      await fails('timeout', /does not answer/, { retry: { attempts: 2, baseMs: 1 } });
      assert.equal(registry.seen.length, 2);
    });

    it('a connection that breaks at once', async () => {
      registry.fault = times(
        3,
        at('/', (response) => response.destroy()),
      );
      await succeeds();
    });

    it('that are no HTTP, from their beginning or from somewhere on', async () => {
      registry.fault = at('/manifests', (response) => response.socket!.end('220 mail.example ESMTP\r\n'));
      await fails('bad-response', /tag "latest": what 127.* answers is not HTTP/);
      registry.fault = at('/manifests', (response) => {
        response.socket!.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nno length\r\n');
      });
      await fails('bad-response', /tag "latest": what 127.* answers is not HTTP/);
    });

    it('404 for a part of an image: its name is not to blame', async () => {
      registry.fault = ofLayer((response) => response.writeHead(404).end());
      await assert.rejects(pull(), { code: 'not-found', hint: /lost a part of the image/ });
      registry.fault = at('/manifests', (response) => response.writeHead(404).end());
      await assert.rejects(pull(), { code: 'not-found', hint: 'Is the name right, and the tag?' });
    });

    it('403, with what it says', async () => {
      const body = JSON.stringify({ errors: [{ code: 'DENIED', message: 'requested access is denied' }] });
      registry.fault = at('/manifests', (response) => response.writeHead(403).end(body));
      await fails('forbidden', /denies access \(DENIED: requested access is denied\)/);
    });
  });

  describe('with logins', () => {
    const unauthorized = (response: ServerResponse, challenge?: string): void => {
      response.writeHead(401, challenge === undefined ? {} : { 'www-authenticate': challenge }).end();
    };

    /** Wants a token, which the server at `/token` gives to whom `accepts` says. */
    function withTokens(accepts: (authorization: string | undefined) => boolean, field = 'token'): void {
      let given = 0;
      registry.fault = (request, response) => {
        if (request.url!.startsWith('/token')) {
          if (accepts(request.headers.authorization)) response.end(JSON.stringify({ [field]: `t0ken-${++given}` }));
          else response.writeHead(401).end();
          return true;
        }
        if (request.headers.authorization === `Bearer t0ken-${given}` && given > 0) return false;
        unauthorized(
          response,
          `Basic realm="x", Bearer realm="http://${registry.host}/token",service="it",scope="a:b:c"`,
        );
        return true;
      };
    }

    it('by tokens that anybody gets', async () => {
      withTokens((authorization) => authorization === undefined);
      await succeeds();
      const tokens = registry.seen.filter(({ url }) => url.startsWith('/token'));
      assert.equal(tokens.length, 1);
      const query = new URL(tokens[0]!.url, 'http://x').searchParams;
      assert.deepEqual([query.get('service'), query.getAll('scope')], ['it', ['repository:name:pull', 'a:b:c']]);
    });

    it('by tokens under their other name, for a password', async () => {
      withTokens(
        (authorization) => authorization === `Basic ${Buffer.from(`jane:${secret}`).toString('base64')}`,
        'access_token',
      );
      await succeeds({ credentials: jane });
    });

    it('by tokens for an identity token, which goes into the body', async () => {
      let body = '';
      registry.fault = (request, response) => {
        if (request.url === '/token') {
          request.on('data', (chunk: Buffer) => (body += chunk.toString()));
          request.on('end', () => response.end(JSON.stringify({ access_token: 'new' })));
          return true;
        }
        if (request.headers.authorization === 'Bearer new') return false;
        unauthorized(response, `Bearer realm="http://${registry.host}/token",service="it"`);
        return true;
      };
      const credential = { kind: 'identity-token', token: 'refresh me' } as const;
      await succeeds({ credentials: { find: () => Promise.resolve({ credential, from: 'a test' }) } });
      const form = new URLSearchParams(body);
      assert.deepEqual([form.get('grant_type'), form.get('refresh_token')], ['refresh_token', 'refresh me']);
    });

    it('that are outdated: a public image comes all the same', async () => {
      withTokens((authorization) => authorization === undefined);
      await succeeds({ credentials: jane });
    });

    it('whose tokens run out on the way', async () => {
      withTokens(() => true);
      const inner = registry.fault;
      let expired = false;
      registry.fault = (request, response) => {
        if (!expired && request.url!.includes(layer.digest)) {
          expired = true;
          unauthorized(response, `Bearer realm="http://${registry.host}/token",service="it"`);
          return true;
        }
        return inner(request, response);
      };
      await succeeds({ credentials: jane });
    });

    it('that are never good enough, whatever is shown', async () => {
      withTokens(() => true);
      const inner = registry.fault;
      registry.fault = (request, response) => {
        if (request.url!.startsWith('/token')) return inner(request, response);
        unauthorized(response, `Bearer realm="http://${registry.host}/token"`);
        return true;
      };
      await fails('unauthorized', /does not accept the login from a test/, { credentials: jane });
      assert.equal(registry.count('/manifests/'), 3);
    });

    it('that lack a right, or are for a repository that is not there: nobody knows which', async () => {
      const limited = (login: boolean): void => {
        registry.fault = (request, response) => {
          const { authorization } = request.headers;
          if (request.url!.startsWith('/token')) {
            if (authorization === undefined || login) response.end('{"token":"a"}');
            else unauthorized(response);
          } else {
            const why = authorization === undefined ? '' : ',error="insufficient_scope"';
            unauthorized(response, `Bearer realm="http://${registry.host}/token"${why}`);
          }
          return true;
        };
      };
      limited(true);
      await fails('unauthorized', /does not allow this with the login from a test/, { credentials: jane });
      await fails('unauthorized', /only to those who are logged in/);
      limited(false);
      await fails('unauthorized', /does not accept the login from a test/, { credentials: jane });
    });

    it('of which it does not say how', async () => {
      registry.fault = at('/', (response) => {
        unauthorized(response);
      });
      await fails('unauthorized', /does not say how to log in/);
      registry.fault = at('/', (response) => {
        unauthorized(response, 'Negotiate abcd==');
      });
      await fails('unauthorized', /by negotiate/, { credentials: jane });
    });

    it('at a token server without an address', async () => {
      registry.fault = at('/', (response) => {
        unauthorized(response, 'Bearer service="x"');
      });
      await fails('unsafe-address', /token server without a URL|names no token server/, { credentials: jane });
    });

    it('at a token server that gives nothing', async () => {
      registry.fault = (request, response) => {
        if (request.url!.startsWith('/token')) response.end('{"token":"two\\nlines"}');
        else unauthorized(response, `Bearer realm="http://${registry.host}/token"`);
        return true;
      };
      await fails('bad-response', /has no token/, { credentials: jane });
    });
  });

  describe('with redirects', () => {
    let other: FaultyRegistry;

    beforeEach(async () => {
      other = await FaultyRegistry.start();
    });
    afterEach(() => other.stop());

    /** Takes the password only, and sends those who have it elsewhere for blobs. */
    function redirecting(to: () => string): void {
      registry.fault = (request, response) => {
        if (request.headers.authorization === undefined) {
          response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
        } else if (request.url!.includes('/blobs/')) {
          response.writeHead(307, { location: `${to()}${request.url!}` }).end();
        } else {
          return false;
        }
        return true;
      };
    }

    it('to another host, which does not get the login', async () => {
      other.fault = (request, response) => {
        response.end(registry.blob(/sha256:\w+/.exec(request.url!)![0]));
        return true;
      };
      redirecting(() => `http://${other.host}`);
      await succeeds({ credentials: jane });
      assert.equal(other.seen.length, 2);
      for (const { headers } of other.seen) assert.equal(headers.authorization, undefined);
    });

    it('to another host, which asks for the login', async () => {
      other.fault = (_request, response) => {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="give it to me"' }).end();
        return true;
      };
      redirecting(() => `http://${other.host}`);
      await fails('unauthorized', /configuration sha256/, { credentials: jane });
      for (const { headers } of other.seen) assert.equal(headers.authorization, undefined);
    });

    it('in a circle', async () => {
      registry.fault = at('/', (response, request) => response.writeHead(302, { location: request.url }).end());
      await fails('bad-response', /more than 6 redirects/);
    });

    it('to files of this machine', async () => {
      registry.fault = at('/', (response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end());
      await fails('unsafe-address', /redirects to a file: address/);
    });
  });

  it('is left alone once its user has had enough', async () => {
    const controller = new AbortController();
    registry.fault = ofLayer((response) => {
      response.writeHead(200, { 'content-length': layer.size });
      response.write(bytesOfLayer().subarray(0, 1000));
      setTimeout(() => {
        controller.abort();
      }, 20);
    });
    const client = new RegistryClient({ plainHttp: [registry.host] });
    const reference = parseReference(`${registry.host}/name`);
    await assert.rejects(pullImage(reference, { arch: 'amd64' }, { client, store, signal: controller.signal }), {
      name: 'AbortError',
    });
    assert.deepEqual(await readdir(path.join(store.directory, 'tmp')), []);
  });
});
