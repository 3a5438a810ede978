import assert from 'node:assert/strict';
import { lchown, link, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Manifest } from '../../../pkg/image/index.ts';
import { sha256 } from '../../../pkg/image/index.ts';
import { compressedImage, describeManifest, findImages, imageTree, Store } from '../../../pkg/store/index.ts';
import { type DebianMirror, startDebianMirror } from '../../support/debian-mirror.ts';
import { describeTree } from '../../support/describe-tree.ts';
import { lkit } from '../../support/lkit.ts';
import { PrivateRegistry, skopeo } from '../../support/registry.ts';
import { treeOnDisk, run } from '../source/workbench.ts';

const gzipLayer = 'application/vnd.oci.image.layer.v1.tar+gzip';

describe('images that lkit makes, in a registry', function () {
  this.timeout(120_000);
  let scratch: string;
  let registry: PrivateRegistry;
  let mirror: DebianMirror;

  before(async () => {
    mirror = await startDebianMirror();
    registry = await PrivateRegistry.start();
    scratch = await mkdtemp(path.join(tmpdir(), 'lkit-compressed-'));
    await makeSystem(path.join(scratch, 'system'));
    await makePackage(path.join(scratch, 'package'));
  });
  after(async () => {
    await registry.stop();
    await mirror.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  async function makeSystem(folder: string): Promise<void> {
    await mkdir(path.join(folder, 'etc'), { recursive: true });
    await writeFile(path.join(folder, 'etc/large'), 'the same again and again\n'.repeat(50_000));
    await writeFile(path.join(folder, 'etc/set'), 'x', { mode: 0o751 });
    await link(path.join(folder, 'etc/set'), path.join(folder, 'second'));
    await symlink('etc/none', path.join(folder, 'dangling'));
    if (process.getuid?.() === 0) await lchown(path.join(folder, 'dangling'), 7, 8);
  }

  async function makePackage(folder: string): Promise<void> {
    await mkdir(folder);
    await writeFile(path.join(folder, 'build.yml'), 'image: box\n');
    await writeFile(path.join(folder, 'debian.yml'), 'packages: [busybox-static]\nfiles: [/bin/busybox]\n');
  }

  const env = (cache: string) => ({
    LKIT_CACHE: path.join(scratch, cache),
    LKIT_MIRROR: '',
    LKIT_DEBIAN_MIRROR: mirror.url,
  });

  async function print(cache: string, ...args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await lkit(args, { cwd: scratch, env: env(cache) });
    assert.equal(exitCode, 0, stderr);
    return stdout.trim();
  }

  const digestIn = (line: string): string => /sha256:\w+$/.exec(line)![0];

  async function imageOf(cache: string, digest: string) {
    const store = await Store.open(path.join(scratch, cache));
    const [found] = await findImages(store, digest);
    const image = await store.image(await describeManifest(store, found!.digest));
    const blob = (layer: string): string => path.join(store.folders.blobs, layer.slice('sha256:'.length));
    return { image, blob, tree: await describeTree(imageTree(store, image)) };
  }

  /** As the registry has it. */
  const manifestAt = async (name: string): Promise<Manifest> =>
    JSON.parse(await skopeo('inspect', '--raw', '--tls-verify=false', `docker://${name}`)) as Manifest;

  for (const source of ['rootfs:system', 'pkg:./package']) {
    describe(source, () => {
      const word = source.replaceAll(/[^a-z]/g, '');
      const here = `here-${word}`;
      let name: string;
      let own: string;
      let pushed: string;

      before(async () => {
        name = `${registry.host}/made/${word}:1`;
        own = digestIn(await print(here, 'cache', 'pull', source));
        pushed = digestIn(await print(here, 'cache', 'push', own, name));
      });

      it('have layers that are not compressed here, and gzip there', async () => {
        const { image } = await imageOf(here, own);
        const raw = await skopeo('inspect', '--raw', '--tls-verify=false', `docker://${name}`);
        assert.equal(sha256(raw), pushed);
        assert.notEqual(pushed, own);
        const { layers, config } = JSON.parse(raw) as Manifest;
        assert.equal(config.digest, image.manifest.config.digest);
        assert.deepEqual(
          image.manifest.layers.map(({ digest }) => digest),
          image.config.rootfs.diff_ids,
        );
        for (const [number, { mediaType, digest, size }] of layers.entries()) {
          assert.equal(mediaType, gzipLayer);
          const answer = await fetch(`http://${registry.host}/v2/made/${word}/blobs/${digest}`);
          const bytes = Buffer.from(await answer.arrayBuffer());
          assert.equal(bytes.length, size);
          assert.equal(sha256(gunzipSync(bytes)), image.config.rootfs.diff_ids[number]);
          assert.ok(size < image.manifest.layers[number]!.size);
        }
      });

      it('have the same tree again in another store, and for skopeo and umoci', async () => {
        const { tree } = await imageOf(here, own);
        assert.equal(digestIn(await print(`there-${word}`, 'cache', 'pull', name)), pushed);
        assert.deepEqual((await imageOf(`there-${word}`, pushed)).tree, tree);
        const [layout, bundle] = [path.join(scratch, `layout-${word}`), path.join(scratch, `bundle-${word}`)];
        await skopeo('copy', '-q', '--src-tls-verify=false', `docker://${name}`, `oci:${layout}:x`);
        const rootless = process.getuid?.() === 0 ? [] : ['--rootless'];
        await run('umoci', ['unpack', ...rootless, '--image', `${layout}:x`, bundle]);
        assert.deepEqual(await describeTree(treeOnDisk(path.join(bundle, 'rootfs'))), tree);
      });

      it('are compressed once, however often they are pushed', async () => {
        const manifest = await manifestAt(name);
        const { blob } = await imageOf(here, own);
        const written = () => Promise.all(manifest.layers.map(async ({ digest }) => (await stat(blob(digest))).ino));
        const before = await written();
        const requests = registry.requests().length;
        const other = `${registry.host}/made/${word}:2`;
        assert.equal(digestIn(await print(here, 'cache', 'push', own, other)), pushed);
        assert.deepEqual(await written(), before);
        const sent = registry.requests().slice(requests);
        assert.deepEqual(
          sent.filter((line) => /^(POST|PATCH|PUT) .*\/blobs\//.test(line)),
          [],
        );
      });

      it('are no images of their own here', async () => {
        const { images } = JSON.parse(await print(here, 'cache', 'ls', '--json')) as { images: { digest: string }[] };
        assert.deepEqual(
          images.map(({ digest }) => digest),
          [own],
        );
        assert.match(await print(here, 'cache', 'verify'), /all as they were written/);
      });

      it('are compressed again to the same bytes when that is lost or damaged', async () => {
        const { blob } = await imageOf(here, own);
        const [layer] = (await manifestAt(name)).layers;
        await rm(blob(layer!.digest));
        assert.equal(digestIn(await print(here, 'cache', 'push', own, name)), pushed);
        await writeFile(blob(layer!.digest), Buffer.alloc(layer!.size));
        await print(here, 'cache', 'verify', '--no-repair').catch(() => undefined);
        const elsewhere = `${registry.host}/made/${word}-again:1`;
        assert.equal(digestIn(await print(here, 'cache', 'push', own, elsewhere)), pushed);
      });
    });
  }

  it('stay of the kind that they are: Docker’s manifests have Docker’s layers', async () => {
    const store = await Store.open(path.join(scratch, 'docker-kind'));
    const [made] = (await print('docker-kind', 'cache', 'pull', 'rootfs:system')).split('\n');
    const { manifest } = (await imageOf('docker-kind', digestIn(made!))).image;
    const kind = 'application/vnd.docker.distribution.manifest.v2+json';
    const layers = manifest.layers.map((layer) => ({
      ...layer,
      mediaType: 'application/vnd.docker.image.rootfs.diff.tar',
    }));
    const config = { ...manifest.config, mediaType: 'application/vnd.docker.container.image.v1+json' };
    const image = await store.image(await store.putJson({ ...manifest, mediaType: kind, config, layers }, kind));
    const compressed = await compressedImage(store, image);
    assert.equal(compressed.descriptor.mediaType, kind);
    assert.equal(compressed.manifest.mediaType, kind);
    assert.deepEqual(
      compressed.manifest.layers.map(({ mediaType }) => mediaType),
      ['application/vnd.docker.image.rootfs.diff.tar.gzip'],
    );
  });
});
