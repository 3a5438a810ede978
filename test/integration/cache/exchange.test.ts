import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import {
  dockerArchive,
  type Imported,
  type ImportedImage,
  fileTreeTar,
  importOciArchive,
  ociArchive,
} from '../../../pkg/exchange/index.ts';
import { type Digest, mediaTypes, sha256, type StoredImage } from '../../../pkg/image/index.ts';
import { describeManifest, prune, Store } from '../../../pkg/store/index.ts';
import { type Engine, startEngine } from '../../support/docker-engine.ts';
import { layerOf, makeImage, makeIndex } from '../../support/registry-image.ts';
import { collect, inChunks, rawTar } from '../../unit/archive/raw-tar.ts';

const run = promisify(execFile);

/** An image that runs, of two layers; the upper one hides a file of the lower one. */
async function runnable(store: Store): Promise<StoredImage> {
  const lower = rawTar([
    { name: 'bin/', type: '5', mode: 0o755 },
    { name: 'bin/busybox', data: await readFile('/bin/busybox'), mode: 0o755 },
    { name: 'etc/hidden', data: 'x' },
  ]);
  const upper = rawTar([{ name: 'etc/.wh.hidden' }, { name: 'etc/greeting', data: 'hello from the image\n' }]);
  return makeImage(store, { layers: [gzipSync(lower), gzipSync(upper)] });
}

/** An image of one layer in zstd. */
async function zstdImage(store: Store): Promise<StoredImage> {
  const tar = rawTar([{ name: 'a', data: 'from zstd' }]);
  const layer = await store.putBytes(execFileSync('zstd', ['-q', '-c'], { input: tar }), mediaTypes.layerZstd);
  const rootfs = { type: 'layers', diff_ids: [sha256(tar)] };
  const config = await store.putJson({ architecture: 'amd64', os: 'linux', rootfs }, mediaTypes.config);
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [layer] };
  return store.image(await store.putJson(manifest, mediaTypes.manifest));
}

/** An archive of blobs of a store, without being asked whether that makes sense. */
async function layoutTar(store: Store, manifests: readonly object[], digests: readonly Digest[]): Promise<Buffer> {
  const blobs = digests.map(async (digest) => {
    return { name: `blobs/sha256/${digest.slice('sha256:'.length)}`, data: await readFile(store.blobPath(digest)) };
  });
  return rawTar([
    ...(await Promise.all(blobs)),
    { name: 'index.json', data: JSON.stringify({ schemaVersion: 2, manifests }) },
  ]);
}

const blobsOf = ({ descriptor, manifest }: StoredImage): readonly Digest[] =>
  [descriptor, manifest.config, ...manifest.layers].map(({ digest }) => digest);

function imagesOf(imported: Imported): readonly ImportedImage[] {
  assert.ok(imported.kind === 'images');
  return imported.images;
}

describe('images in files', function () {
  this.timeout(60_000);
  let folder: string;
  let store: Store;
  let other: Store;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lkit-exchange-'));
    store = await Store.open(path.join(folder, 'store'));
    other = await Store.open(path.join(folder, 'other'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const inFolder = (name: string): string => path.join(folder, name);
  /** An image with a manifest of 10 MB. */
  async function largeImage(): Promise<StoredImage> {
    const { manifest } = await makeImage(store);
    const annotations = { a: 'x'.repeat(10e6) };
    return store.image(await store.putJson({ ...manifest, annotations }, mediaTypes.manifest));
  }
  const bringIn = (archive: Buffer): Promise<Imported> =>
    importOciArchive(other, inChunks(archive, 1000), { file: 'x.tar' });

  it('as an OCI archive, are what skopeo reads, blob for blob', async () => {
    const image = await makeImage(store);
    await writeFile(inFolder('x.tar'), await collect(ociArchive(store, [{ image, names: ['example.org/web:1.2'] }])));
    await run('skopeo', ['copy', `oci-archive:${inFolder('x.tar')}:example.org/web:1.2`, `oci:${inFolder('out')}:web`]);
    assert.ok((await readFile(inFolder('out/index.json'), 'utf8')).includes(image.descriptor.digest));
  });

  it('as a Docker archive, are what skopeo reads, whatever the compression of their layers', async () => {
    const plain = await makeImage(store, { layers: [layerOf({ a: 'from gzip' })] });
    const zstd = await zstdImage(store);
    const images = [
      { image: plain, names: ['docker.io/library/plain:1', 'example.org/plain:1'] },
      { image: zstd, names: ['docker.io/library/zstd:1'] },
    ];
    await writeFile(inFolder('x.tar'), await collect(dockerArchive(store, images)));
    const origins = { 'plain:1': plain, 'example.org/plain:1': plain, 'zstd:1': zstd };
    for (const [name, { config }] of Object.entries(origins)) {
      await run('skopeo', ['copy', `docker-archive:${inFolder('x.tar')}:${name}`, `oci:${inFolder('out')}:copy`]);
      const { stdout } = await run('skopeo', ['inspect', '--config', `oci:${inFolder('out')}:copy`]);
      assert.deepEqual((JSON.parse(stdout) as { rootfs: object }).rootfs, config.rootfs);
    }
  });

  it('as a file tree, are one tar, without what upper layers hide', async () => {
    const image = await runnable(store);
    const tree = await collect(fileTreeTar(store, [{ image, names: [] }]));
    const names = execFileSync('tar', ['-t'], { input: tree, encoding: 'utf8' }).trim().split('\n');
    assert.deepEqual(names.sort(), ['./', 'bin/', 'bin/busybox', 'etc/', 'etc/greeting']);
    const twice = [image, image].map((each) => ({ image: each, names: [] }));
    assert.throws(() => fileTreeTar(store, twice), { code: 'one-image-only' });
  });

  it('are the same bytes each time, in whatever order they are named', async () => {
    const images = [
      { image: await makeImage(store), names: ['b:1'] },
      { image: await makeImage(store), names: ['a:1', 'c:1'] },
    ];
    const first = await collect(ociArchive(store, images));
    assert.deepEqual(await collect(ociArchive(store, [...images].reverse())), first);
    assert.deepEqual(await collect(dockerArchive(store, images)), await collect(dockerArchive(store, images)));
  });

  for (const [how, pack] of [
    ['plain', (archive: Buffer) => archive],
    ['compressed', gzipSync],
  ] as const) {
    it(`come back under their names, ${how}`, async () => {
      const image = await makeImage(store);
      const names = ['example.org/web:1.2', 'web'];
      const imported = imagesOf(await bringIn(pack(await collect(ociArchive(store, [{ image, names }])))));
      assert.deepEqual(
        imported.map(({ name }) => name),
        names,
      );
      for (const name of names) assert.equal((await other.resolve(name))?.digest, image.descriptor.digest);
      assert.deepEqual((await other.image(image.descriptor)).config, image.config);
    });
  }

  it('of several architectures share a name, and come back as an index', async () => {
    const images = [await makeImage(store), await makeImage(store, { arch: 'arm64' })];
    const exported = images.map((image) => ({ image, names: ['example.org/web:1'] }));
    const imported = imagesOf(await bringIn(await collect(ociArchive(store, exported))));
    assert.deepEqual(imported.map(({ architecture }) => architecture).sort(), ['amd64', 'arm64']);
    assert.equal((await other.resolve('example.org/web:1'))?.mediaType, mediaTypes.index);
  });

  it('come from an index of which only one image is there', async () => {
    const [first, second] = [await makeImage(store), await makeImage(store, { arch: 'arm64' })];
    const index = await makeIndex(store, [first, second]);
    const named = { ...index, annotations: { 'org.opencontainers.image.ref.name': 'example.org/web:1' } };
    const imported = imagesOf(await bringIn(await layoutTar(store, [named], [index.digest, ...blobsOf(second)])));
    assert.deepEqual(
      imported.map(({ descriptor, name }) => [descriptor.digest, name]),
      [[second.descriptor.digest, 'example.org/web:1']],
    );
    assert.equal((await other.resolve('example.org/web:1'))?.digest, index.digest);
  });

  it("come from skopeo's archives", async () => {
    const image = await makeImage(store);
    await store.tag('web', image.descriptor);
    await run('skopeo', ['copy', `oci:${store.directory}:web`, `oci-archive:${inFolder('x.tar')}:example.org/web:2`]);
    await bringIn(await readFile(inFolder('x.tar')));
    assert.equal((await other.resolve('example.org/web:2'))?.digest, image.descriptor.digest);
  });

  it('that were damaged in the store are written into no archive', async () => {
    const image = await makeImage(store);
    const [layer] = image.manifest.layers;
    const file = store.blobPath(layer!.digest);
    const bytes = await readFile(file);
    bytes.writeUInt8(bytes[20]! ^ 1, 20);
    await writeFile(file, bytes);
    for (const write of [ociArchive, dockerArchive]) {
      await assert.rejects(collect(write(store, [{ image, names: ['example.org/web:1.2'] }])), {
        code: 'digest-mismatch',
        message: `${layer!.digest} in the store is damaged`,
        hint: /lkit cache verify/,
      });
    }
    await writeFile(store.blobPath(image.descriptor.digest), '{');
    await assert.rejects(describeManifest(store, image.descriptor.digest), { code: 'digest-mismatch' });
  });

  it('that are damaged are refused, and get no name', async () => {
    const image = await makeImage(store);
    const archive = await collect(ociArchive(store, [{ image, names: ['example.org/web:1.2'] }]));
    const changed = Buffer.from(archive);
    const layer = await readFile(store.blobPath(image.manifest.layers[0]!.digest));
    changed.writeUInt8(0xff, archive.indexOf(layer) + 20);
    const top = { ...image.descriptor, annotations: { 'org.opencontainers.image.ref.name': 'example.org/web:1.2' } };
    const cases: readonly (readonly [archive: Buffer, message: RegExp])[] = [
      [await layoutTar(store, [top], []), /x\.tar is damaged: the store has no blob sha256:/],
      [changed, /x\.tar is damaged: wrong content: expected sha256:/],
      [Buffer.alloc(5000, 'text'), /no tar archive/],
      [rawTar([{ name: 'a', data: 'x' }]), /x\.tar holds no images/],
      [await layoutTar(store, [top], blobsOf(image).slice(0, 2)), /x\.tar is damaged: the store lacks layer sha256:/],
      [archive.subarray(0, 2000), /ends in the middle/],
    ];
    for (const [bytes, message] of cases) {
      await assert.rejects(bringIn(bytes), { name: 'ExchangeError', code: 'bad-archive', kind: 'input', message });
      assert.deepEqual((await other.index()).manifests, []);
    }
  });

  it('with a large manifest are refused, unless that is allowed; pruning knows their parts all the same', async () => {
    const image = await largeImage();
    const archive = await collect(ociArchive(store, [{ image, names: ['example.org/large:1'] }]));
    await assert.rejects(bringIn(archive), {
      code: 'bad-archive',
      message: /manifest has 10000\d+ bytes, which is more than 4194304/,
      hint: /--limit manifest=NUMBER/,
    });
    other = await Store.open(other.directory, { limits: { manifest: 11e6 } });
    await bringIn(archive);
    const later = await Store.open(other.directory, { now: () => Date.now() + 1e9 });
    await prune(later, { keepMs: 0 });
    assert.deepEqual((await later.image(image.descriptor)).manifest, image.manifest);
    await later.untag([['example.org/large:1', image.descriptor.digest]]);
    assert.equal((await prune(later, { keepMs: 0 })).blobs.length, 3);
  });

  describe('and a Docker engine', () => {
    let engine: Engine;
    let engineFolder: string;

    before(async () => {
      engineFolder = await mkdtemp(path.join(tmpdir(), 'lkit-exchange-engine-'));
      engine = await startEngine(engineFolder);
    });
    after(async () => {
      await engine.stop();
      await rm(engineFolder, { recursive: true, force: true });
    });

    const docker = (...args: readonly string[]): string =>
      execFileSync('docker', ['-H', `unix://${engineFolder}/docker.sock`, ...args], { encoding: 'utf8' });

    for (const [format, write] of Object.entries({ oci: ociArchive, docker: dockerArchive })) {
      it(`load and run, as written with --format ${format}`, async () => {
        const image = await runnable(store);
        const name = `example.org/${format}:1`;
        await writeFile(inFolder('x.tar'), await collect(write(store, [{ image, names: [name] }])));
        docker('load', '-q', '-i', inFolder('x.tar'));
        const command = ['run', '--rm', '--network', 'host', name, '/bin/busybox', 'cat', '/etc/greeting'];
        assert.equal(docker(...command), 'hello from the image\n');
      });
    }
  });
});
