import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LkitError } from '../../../pkg/errors/index.ts';
import { mediaTypes, parseReference } from '../../../pkg/image/index.ts';
import {
  hostCredentials,
  parseMirror,
  type PullPolicy,
  pullImage,
  pushImage,
  RegistryClient,
  type RegistryOptions,
} from '../../../pkg/registry/index.ts';
import { silentReporter } from '../../../pkg/report/index.ts';
import { imageTree, Store } from '../../../pkg/store/index.ts';
import { login, PrivateRegistry, type RegistryKind, skopeo } from '../../support/registry.ts';
import { layerOf, makeImage, makeIndex, randomLayer } from '../../support/registry-image.ts';

describe('a real registry', function () {
  this.timeout(60_000);
  let scratch: string;
  let store: Store;
  let registry: PrivateRegistry;

  async function startRegistry(kind?: RegistryKind): Promise<void> {
    registry = await PrivateRegistry.start(kind);
  }

  beforeEach(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'lkit-registry-test-'));
    store = await Store.open(path.join(scratch, 'store'));
  });
  afterEach(async () => {
    await registry.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  const reference = (name: string) => parseReference(`${registry.host}/${name}`);

  async function pull(name: string, from: { into?: Store; policy?: PullPolicy; options?: RegistryOptions } = {}) {
    const client = new RegistryClient({ retry: { baseMs: 1 }, ...from.options });
    const text = name.includes('://') ? name : `${registry.host}/${name}`;
    return pullImage(
      parseReference(text),
      { arch: 'amd64' },
      { client, store: from.into ?? store, policy: from.policy },
    );
  }

  function push(
    image: Parameters<typeof pushImage>[0],
    name: string,
    options: RegistryOptions = {},
    mountFrom?: string[],
  ) {
    const client = new RegistryClient(options);
    return pushImage(image, reference(name), { client, store, ...(mountFrom && { mountFrom }) });
  }

  /** A store that has nothing yet. */
  const emptyStore = () => Store.open(path.join(scratch, `other-${Math.random()}`));

  /** What `jane` logged in with, in Docker's file. */
  async function credentials(username: string, password: string) {
    const folder = path.join(scratch, 'docker');
    await mkdir(folder, { recursive: true });
    const auth = Buffer.from(`${username}:${password}`).toString('base64');
    await writeFile(
      path.join(folder, 'config.json'),
      JSON.stringify({ auths: { [`https://${registry.host}/v2/`]: { auth } } }),
    );
    return hostCredentials({ DOCKER_CONFIG: folder }, scratch);
  }

  function fails(action: Promise<unknown>, code: string, message: RegExp): Promise<void> {
    return assert.rejects(action, (error: LkitError) => {
      assert.equal(error.code, code, error.stack);
      assert.match(`${error.message}\n${error.hint ?? ''}`, message);
      return true;
    });
  }

  it('gives what skopeo has pushed, in both formats of manifests', async () => {
    await startRegistry();
    const source = await emptyStore();
    const image = await makeImage(source, { layers: [randomLayer(), randomLayer(300_000)] });
    await source.tag('image', image.descriptor);
    for (const format of ['oci', 'v2s2']) {
      const target = `docker://${registry.host}/from/skopeo:${format}`;
      await skopeo(
        'copy',
        '-q',
        '--dest-tls-verify=false',
        `--format=${format}`,
        `oci:${source.directory}:image`,
        target,
      );
      const pulled = await pull(`from/skopeo:${format}`);
      assert.deepEqual(
        pulled.manifest.layers.map(({ digest }) => digest),
        image.manifest.layers.map(({ digest }) => digest),
      );
      for (const layer of pulled.manifest.layers) assert.ok(await store.isIntact(layer));
    }
  });

  it('gives layers in zstd as they are', async () => {
    await startRegistry();
    const source = await emptyStore();
    const image = await makeImage(source, { layers: [layerOf({ file: 'content' })] });
    await source.tag('image', image.descriptor);
    const compress = ['--dest-compress-format=zstd', '--dest-compress-level=3', '--dest-tls-verify=false'];
    const loose = path.join(scratch, 'loose');
    await skopeo('copy', '-q', '--dest-decompress', `oci:${source.directory}:image`, `dir:${loose}`);
    await skopeo('copy', '-q', ...compress, `dir:${loose}`, `docker://${registry.host}/name:1`);
    const pulled = await pull('name:1');
    assert.match(pulled.manifest.layers[0]!.mediaType, /zstd$/);
    const names: string[] = [];
    for await (const { entry, content } of imageTree(store, pulled)) {
      names.push(entry.path);
      for await (const chunk of content) assert.equal(chunk.toString(), 'content');
    }
    assert.deepEqual(names.filter(Boolean), ['file']);
  });

  it('takes what skopeo then copies', async () => {
    await startRegistry();
    const image = await makeImage(store, { layers: [randomLayer(), randomLayer(300_000)] });
    assert.equal(await push(image, 'to/skopeo:1'), image.descriptor.digest);
    const layout = path.join(scratch, 'layout');
    await skopeo(
      'copy',
      '-q',
      '--src-tls-verify=false',
      `docker://${registry.host}/to/skopeo:1`,
      `oci:${layout}:image`,
    );
    const copied = await Store.open(layout);
    assert.deepEqual(await copied.resolve('image'), image.descriptor);
    await copied.image(image.descriptor);
  });

  it('is asked once for an image, and not at all for what the store has', async () => {
    await startRegistry();
    const image = await makeImage(store);
    await push(image, 'name:tag');
    const other = await emptyStore();
    await Promise.all([1, 2, 3, 4].map(() => pull('name:tag', { into: other })));
    const got = registry.requests().filter((request) => request.startsWith('GET /v2/name/'));
    assert.deepEqual(got.sort(), [...new Set(got)].sort());
    assert.equal(got.length, 3);
    await registry.stop();
    const again = await pull('name:tag', { into: other });
    assert.equal(again.descriptor.digest, image.descriptor.digest);
    assert.equal((await pull('name:tag', { into: other, policy: 'never' })).descriptor.digest, image.descriptor.digest);
    await pull(`name@${image.descriptor.digest}`, { into: other, policy: 'never' });
    await fails(
      pull('name:other', { into: other, policy: 'never' }),
      'not-in-store',
      /does not have .*name:other for amd64/,
    );
    await fails(pull('name:other', { into: other }), 'unreachable', /nobody listens there/);
  });

  it('makes good what is missing or damaged in the store', async () => {
    await startRegistry();
    const image = await makeImage(store);
    await push(image, 'name:tag');
    const other = await emptyStore();
    await pull('name:tag', { into: other });
    for (const { digest, size } of [image.descriptor, image.manifest.config, image.manifest.layers[0]!]) {
      await rm(other.blobPath(digest));
      await pull('name:tag', { into: other });
      assert.ok(await other.isIntact({ digest, size }));
    }
    for (const { digest, size } of [image.descriptor, image.manifest.config]) {
      await writeFile(other.blobPath(digest), Buffer.alloc(size));
      await fails(pull('name:tag', { into: other, policy: 'never' }), 'not-in-store', /name:tag/);
      await pull('name:tag', { into: other });
      assert.ok(await other.isIntact({ digest, size }));
    }
  });

  it('is asked whether a tag has moved, when it always has to be', async () => {
    await startRegistry();
    const [first, second] = [await makeImage(store), await makeImage(store)];
    const other = await emptyStore();
    await push(first, 'name:tag');
    await pull('name:tag', { into: other });
    await push(second, 'name:tag');
    assert.equal((await pull('name:tag', { into: other })).descriptor.digest, first.descriptor.digest);
    assert.equal(
      (await pull('name:tag', { into: other, policy: 'always' })).descriptor.digest,
      second.descriptor.digest,
    );
    assert.equal((await pull('name:tag', { into: other })).descriptor.digest, second.descriptor.digest);
    const before = registry.requests().length;
    await pull('name:tag', { into: other, policy: 'always' });
    // To look for https, which it does not speak, leaves no trace.
    assert.deepEqual(
      registry
        .requests()
        .slice(before)
        .map((each) => each.split(' ')[0]),
      ['HEAD'],
    );
  });

  it('gives the image for an architecture, and names the others', async () => {
    await startRegistry();
    const source = await emptyStore();
    const images = [await makeImage(source, { arch: 'arm64' }), await makeImage(source, { arch: 'riscv64' })];
    await source.tag('index', await makeIndex(source, images));
    const target = `docker://${registry.host}/multi:1`;
    await skopeo('copy', '-q', '--all', '--dest-tls-verify=false', `oci:${source.directory}:index`, target);
    const client = new RegistryClient();
    const pulled = await pullImage(reference('multi:1'), { arch: 'riscv64' }, { client, store });
    assert.equal(pulled.descriptor.digest, images[1]!.descriptor.digest);
    assert.equal(await store.hasBlob(images[0]!.descriptor.digest), false);
    await fails(pull('multi:1'), 'no-platform', /no image for linux\/amd64[^]*It has linux\/arm64, linux\/riscv64/);
    await push(await makeImage(store, { arch: 'arm64' }), 'arm:1');
    await fails(pull('arm:1'), 'no-platform', /arm:1 is for linux\/arm64, but the system is for linux\/amd64/);
    await pullImage(reference('arm:1'), { arch: 'arm64' }, { client, store });
    await fails(pull('arm:1'), 'no-platform', /arm:1 is for linux\/arm64, but the system is for linux\/amd64/);
    await fails(pull('arm:1', { policy: 'never' }), 'not-in-store', /does not have .*arm:1 for amd64/);
  });

  it('gives the one image of an index that does not say what it is for, where that is right', async () => {
    await startRegistry();
    const source = await emptyStore();
    const image = await makeImage(source);
    await source.tag('one', image.descriptor);
    await skopeo(
      'copy',
      '-q',
      '--dest-tls-verify=false',
      `oci:${source.directory}:one`,
      `docker://${registry.host}/one:1`,
    );
    const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [image.descriptor] };
    const headers = { 'content-type': mediaTypes.index };
    const address = `http://${registry.host}/v2/one/manifests/index`;
    const put = await fetch(address, { method: 'PUT', headers, body: JSON.stringify(index) });
    assert.equal(put.status, 201);
    for (const policy of ['missing', 'never'] as const) {
      assert.equal((await pull('one:index', { policy })).descriptor.digest, image.descriptor.digest);
    }
    const arm = pullImage(reference('one:index'), { arch: 'arm64' }, { client: new RegistryClient(), store });
    await fails(arm, 'no-platform', /one:index is for linux\/amd64, but the system is for linux\/arm64/);
  });

  it('mounts blobs of other repositories, and gets none twice', async () => {
    await startRegistry();
    const [shared, own] = [randomLayer(200_000), randomLayer()];
    await push(await makeImage(store, { layers: [shared] }), 'base:1');
    await push(await makeImage(store, { layers: [shared, own] }), 'derived:1', {}, ['base']);
    const uploads = registry.requests().filter((each) => each.startsWith('PUT /v2/derived/blobs/uploads/'));
    assert.equal(uploads.length, 2);
    const before = registry.requests().length;
    await push(await makeImage(store, { layers: [shared, own] }), 'derived:2');
    assert.deepEqual(
      [
        ...new Set(
          registry
            .requests()
            .slice(before)
            .map((each) => each.split(' ')[0]),
        ),
      ],
      ['HEAD', 'PUT'],
    );
  });

  it('tells what it does not have', async () => {
    await startRegistry();
    await fails(pull('nothing:1'), 'not-found', /nothing: tag "1": not found at 127.0.0.1:\d+ \(MANIFEST_UNKNOWN/);
    const digest = `sha256:${'0'.repeat(64)}`;
    await fails(pull(`nothing@${digest}`), 'not-found', new RegExp(digest));
  });

  it('lets those in who are logged in', async () => {
    await startRegistry({ login: true });
    const image = await makeImage(store);
    const options = { credentials: await credentials(login.username, login.password) };
    await push(image, 'private:1', options);
    const other = await emptyStore();
    assert.equal((await pull('private:1', { into: other, options })).descriptor.digest, image.descriptor.digest);
    await fails(pull('private:2'), 'unauthorized', /private: tag "2".*logged in\nLog in: docker login 127/);
    const wrong = { credentials: await credentials(login.username, 'battery staple') };
    await fails(pull('private:2', { options: wrong }), 'unauthorized', /does not accept the login from .*config\.json/);
    await assert.rejects(pull('private:2', { options: wrong }), (error: Error) => {
      assert.doesNotMatch(JSON.stringify([error.stack, error.cause]), /battery|staple|YmF0dGVyeSBzdGFwbGU|Basic/);
      return true;
    });
  });

  it('is trusted over TLS by a certificate of one’s own only', async () => {
    await startRegistry({ tls: true, login: true });
    const image = await makeImage(store);
    const logins = await credentials(login.username, login.password);
    const options = { credentials: logins, certFiles: [registry.certFile] };
    await push(image, 'name:1', options);
    await pull('name:1', { into: await emptyStore(), options });
    await fails(
      pull('name:2', { options: { credentials: logins } }),
      'untrusted-certificate',
      /127\.0\.0\.1:\d+[^]*--cert-file/,
    );
    const layout = path.join(scratch, 'layout');
    const certs = path.join(scratch, 'certs');
    await mkdir(certs);
    await writeFile(path.join(certs, 'ca.crt'), await readFile(registry.certFile));
    await skopeo(
      'copy',
      '-q',
      `--src-cert-dir=${certs}`,
      `--src-creds=${login.username}:${login.password}`,
      `docker://${registry.host}/name:1`,
      `oci:${layout}:image`,
    );
    assert.deepEqual(await (await Store.open(layout)).resolve('image'), image.descriptor);
  });

  it('is asked after its mirrors', async () => {
    await startRegistry();
    const image = await makeImage(store);
    await push(image, 'hub/library/tiny:1');
    const mirrors = [parseMirror('http://127.0.0.1:1'), parseMirror(`docker.io=http://${registry.host}/hub/`)];
    const options = { mirrors, timeouts: { connectMs: 1000 } };
    const other = await emptyStore();
    const client = new RegistryClient(options);
    const pulled = await pullImage(parseReference('tiny:1'), { arch: 'amd64' }, { client, store: other });
    assert.equal(pulled.descriptor.digest, image.descriptor.digest);
    assert.ok(await other.resolve('docker.io/library/tiny:1'));
    // A mirror without the image is no reason to fail.
    const own = { mirrors: [parseMirror(`${registry.host}=http://${registry.host}/elsewhere`)] };
    await pull('hub/library/tiny:1', { into: await emptyStore(), options: own });
  });

  it('is told apart from a mirror that is down, of which a client warns once', async () => {
    await startRegistry();
    for (const name of ['one:1', 'two:1']) await push(await makeImage(store), name);
    const client = new RegistryClient({ mirrors: [parseMirror(`${registry.host}=http://127.0.0.1:1`)] });
    const warnings: string[] = [];
    const reporter = { ...silentReporter, warn: (text: string) => warnings.push(text) };
    for (const name of ['one:1', 'two:1']) {
      await pullImage(reference(name), { arch: 'amd64' }, { client, store: await emptyStore(), reporter });
    }
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /^mirror 127\.0\.0\.1:1\/one: .*nobody listens there; asking the next server$/);
  });
});
