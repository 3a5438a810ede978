import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LkitError } from '../../../pkg/errors/index.ts';
import { type Descriptor, type Digest, parseReference, type StoredImage } from '../../../pkg/image/index.ts';
import { type CredentialSource, pushImage, RegistryClient, type RegistryOptions } from '../../../pkg/registry/index.ts';
import { Store } from '../../../pkg/store/index.ts';
import { bodyOf, FaultyRegistry, times } from '../../support/faulty-registry.ts';
import { makeImage, randomLayer } from '../../support/registry-image.ts';

const jane: CredentialSource = {
  find: () => Promise.resolve({ credential: { kind: 'password', username: 'jane', password: 'hush' }, from: 'a test' }),
};

describe('a registry that goes wrong while it is pushed to', function () {
  this.timeout(20_000);
  let scratch: string;
  let store: Store;
  let image: StoredImage;
  let layer: Descriptor;
  let registry: FaultyRegistry;

  before(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'lkit-push-'));
    store = await Store.open(path.join(scratch, 'store'));
    image = await makeImage(store, { layers: [randomLayer(2_000_000)] });
    layer = image.manifest.layers[0]!;
  });
  after(() => rm(scratch, { recursive: true, force: true }));
  beforeEach(async () => {
    registry = await FaultyRegistry.start();
  });
  afterEach(() => registry.stop());

  function push(options: RegistryOptions = {}, name = 'name:1'): Promise<Digest> {
    const quick = { retry: { baseMs: 1, attempts: 3 }, timeouts: { connectMs: 500, stallMs: 300 } };
    const client = new RegistryClient({ ...quick, plainHttp: [registry.host], ...options });
    return pushImage(image, parseReference(`${registry.host}/${name}`), { client, store });
  }

  async function succeeds(options?: RegistryOptions): Promise<void> {
    assert.equal(await push(options), image.descriptor.digest);
    for (const { digest } of [layer, image.manifest.config]) assert.ok(registry.hasBlob(digest));
    assert.ok(registry.hasManifest('1'));
  }

  function fails(code: string, message: RegExp, options?: RegistryOptions): Promise<void> {
    return assert.rejects(push(options), (error: LkitError) => {
      assert.equal(error.code, code, error.stack);
      assert.match(error.message, message);
      assert.doesNotMatch(`${error.message} ${error.stack!} ${String(error.cause)}`, /hush|amFuZTpodXNo/);
      assert.equal(registry.hasManifest('1'), false);
      return true;
    });
  }

  const answer = (response: ServerResponse, status: number, headers: Record<string, string> = {}): true => {
    response.writeHead(status, headers).end();
    return true;
  };

  it('is given blobs before the manifest, and what the address of an upload says comes back as it was', async () => {
    await succeeds();
    const puts = registry.seen.filter(({ method }) => method === 'PUT').map(({ url }) => url);
    assert.equal(puts.at(-1), '/v2/name/manifests/1');
    assert.match(puts[0]!, /^\/upload\/\d+\?state=a%2Bb\+c&digest=sha256%3A/);
  });

  it('takes an upload at the second try, from its beginning', async () => {
    registry.fault = times(2, (request, response) => {
      if (request.method !== 'PUT') return false;
      request.once('data', () => response.destroy());
      return true;
    });
    await succeeds();
  });

  it('does not take any', async () => {
    registry.fault = (request, response) => request.method === 'POST' && answer(response, 503);
    await fails('server-error', /name: upload of sha256:\w+: .* answers with status 503/);
  });

  it('takes no more than it likes', async () => {
    registry.fault = (request, response) => {
      if (request.method !== 'PUT') return false;
      void bodyOf(request).then(() => answer(response, 413));
      return true;
    };
    await fails('bad-response', /status 413/);
  });

  it('says nothing when it has everything', async () => {
    registry.fault = (request) => request.method === 'PUT';
    await fails('timeout', /does not answer/, { retry: { attempts: 1 }, timeouts: { stallMs: 30 } });
  });

  it('keeps another manifest than the one it got', async () => {
    registry.fault = (request, response) =>
      request.method === 'PUT' &&
      request.url!.includes('manifests') &&
      answer(response, 201, { 'docker-content-digest': layer.digest });
    await fails(
      'digest-mismatch',
      new RegExp(`manifest ${image.descriptor.digest}: the registry keeps it as ${layer.digest}`),
    );
  });

  it('wants a token for pushing', async () => {
    registry.fault = (request, response) => {
      if (request.url!.startsWith('/token')) {
        const isJane = request.headers.authorization === `Basic ${Buffer.from('jane:hush').toString('base64')}`;
        const scope = new URL(request.url!, 'http://x').searchParams.get('scope');
        if (isJane && scope === 'repository:name:pull,push') response.end('{"token":"t0ken"}');
        else response.writeHead(401).end();
        return true;
      }
      if (request.headers.authorization === 'Bearer t0ken') return false;
      return answer(response, 401, { 'www-authenticate': `Bearer realm="http://${registry.host}/token"` });
    };
    await succeeds({ credentials: jane });
    await assert.rejects(push(), { code: 'unauthorized' });
  });

  it('has uploads go to another host, which gets no login', async () => {
    const other = await FaultyRegistry.start();
    try {
      other.fault = (request, response) => {
        void bodyOf(request).then(() => answer(response, 201));
        return true;
      };
      registry.fault = (request, response) => {
        if (request.headers.authorization === undefined)
          return answer(response, 401, { 'www-authenticate': 'Basic realm=x' });
        return request.method === 'POST' && answer(response, 202, { location: `http://${other.host}/up` });
      };
      await push({ credentials: jane });
      assert.equal(other.seen.length, 2);
      for (const { headers } of other.seen) assert.equal(headers.authorization, undefined);
    } finally {
      await other.stop();
    }
  });

  it('does not say where to upload to', async () => {
    registry.fault = (request, response) => request.method === 'POST' && answer(response, 202);
    await assert.rejects(push(), { code: 'bad-response' });
  });

  it('is not given an image under the digest of another', async () => {
    await assert.rejects(push({}, `name@${layer.digest}`), { code: 'digest-mismatch', kind: 'input' });
    assert.equal(registry.seen.length, 0);
    assert.equal(await push({}, `name@${image.descriptor.digest}`), image.descriptor.digest);
    assert.ok(registry.seen.some(({ url }) => url.endsWith(`/manifests/${image.descriptor.digest}`)));
  });
});
