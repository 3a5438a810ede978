import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LkitError } from '../../../pkg/errors/index.ts';
import { type Architecture, type Descriptor, type Manifest, mediaTypes, sha256 } from '../../../pkg/image/index.ts';
import { createPackageContext } from '../../../pkg/package/index.ts';
import { silentReporter } from '../../../pkg/report/index.ts';
import { resolveImage, type SourceContext } from '../../../pkg/source/index.ts';
import type { ImageSpec } from '../../../pkg/spec/index.ts';
import { Store } from '../../../pkg/store/index.ts';

describe('resolveImage', () => {
  let scratch: string;
  let store: Store;

  beforeEach(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'lkit-source-'));
    store = await Store.open(path.join(scratch, 'store'));
  });
  afterEach(() => rm(scratch, { recursive: true, force: true }));

  const at = { file: 'lkit.yml', line: 4, column: 9 };
  const spec = (text: string): ImageSpec => ({ text, at, baseDir: scratch });

  function context(arch: Architecture = 'amd64'): SourceContext {
    const packages = createPackageContext({ store, reporter: silentReporter });
    return { store, arch, packagesDir: path.join(scratch, 'shipped'), packages };
  }

  function refuses(image: ImageSpec, code: string, message: RegExp, arch?: Architecture): Promise<void> {
    return assert.rejects(resolveImage(image, context(arch)), (error: LkitError) => {
      assert.deepEqual([error.code, error.kind, error.at], [code, 'input', at]);
      assert.match(`${error.message}\n${error.hint ?? ''}`, message);
      return true;
    });
  }

  /** A package without Debian packages: what is in its rootfs. */
  async function makePackage(folder: string): Promise<void> {
    await mkdir(path.join(scratch, folder, 'rootfs'), { recursive: true });
    await writeFile(path.join(scratch, folder, 'build.yml'), 'image: note\n');
    await writeFile(path.join(scratch, folder, 'debian.yml'), 'cmd: [/note]\n');
    await writeFile(path.join(scratch, folder, 'rootfs/note'), `this is ${folder}\n`);
  }

  /** A layout with an image of one layer for an architecture; gives its folder. */
  async function makeLayout(name: string, arch: string): Promise<string> {
    const other = await Store.open(path.join(scratch, name));
    const layer = await other.putBytes(Buffer.alloc(1024), mediaTypes.layer);
    const rootfs = { type: 'layers', diff_ids: [layer.digest] };
    const config = await other.putJson({ architecture: arch, os: 'linux', rootfs }, mediaTypes.config);
    const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [layer] };
    await other.tag('image:1', await other.putJson(manifest, mediaTypes.manifest));
    return other.directory;
  }

  it('builds packages: shipped ones, and folders however they are written', async () => {
    await makePackage('shipped/note');
    await makePackage('own');
    const shipped = await resolveImage(spec('pkg:note'), context());
    assert.deepEqual(shipped.config.config?.Cmd, ['/note']);
    const own = ['pkg:./own', '@pkg:./own', './own', path.join(scratch, 'own')].map(spec);
    const built: ImageSpec = { ...spec('./own'), build: { context: './own' } };
    const images = await Promise.all([...own, built].map((each) => resolveImage(each, context())));
    assert.equal(new Set(images.map(({ descriptor }) => descriptor.digest)).size, 1);
    assert.notEqual(images[0]?.descriptor.digest, shipped.descriptor.digest);
  });

  it('names the nearest package that there is', async () => {
    await makePackage('shipped/getty');
    await refuses(spec('pkg:gety'), 'unknown-package', /did you mean "getty"/);
    await refuses(spec('pkg:../own'), 'no-image', /there is no folder/);
  });

  it('copies an image out of a layout, once', async () => {
    await makeLayout('layout', 'amd64');
    const images = await Promise.all(
      ['oci:layout:image:1', 'oci:./layout', './layout'].map((text) => resolveImage(spec(text), context())),
    );
    assert.equal(new Set(images.map(({ descriptor }) => descriptor.digest)).size, 1);
    await rm(path.join(scratch, 'layout/blobs/sha256'), { recursive: true });
    assert.ok(await store.image(images[0]!.descriptor));
  });

  it('copies an image that skopeo wrote', async () => {
    const folder = await makeLayout('layout', 'amd64');
    execFileSync('skopeo', ['copy', '--quiet', `oci:${folder}:image:1`, `oci:${scratch}/copied:x`]);
    const image = await resolveImage(spec('oci:copied:x'), context());
    assert.equal(image.config.architecture, 'amd64');
  });

  it('takes the image for the architecture out of an index', async () => {
    const folder = await makeLayout('layout', 'amd64');
    const layout = await Store.open(folder);
    await makeLayout('layout', 'arm64');
    const manifests: Descriptor[] = [];
    for (const { digest, size, mediaType } of (await layout.index()).manifests) {
      const manifest = JSON.parse((await layout.readBlob({ digest, size })).toString()) as Manifest;
      const { architecture } = JSON.parse((await layout.readBlob(manifest.config)).toString()) as {
        architecture: string;
      };
      manifests.push({ mediaType, digest, size, platform: { os: 'linux', architecture } });
    }
    await layout.tag('both', await layout.putJson({ schemaVersion: 2, manifests }, mediaTypes.index));
    const image = await resolveImage(spec('oci:layout:both'), context('arm64'));
    assert.equal(image.config.architecture, 'arm64');
    await refuses(spec('oci:layout:both'), 'wrong-architecture', /no image for linux\/amd64/);
  });

  it('refuses what is for another architecture', async () => {
    await makeLayout('layout', 'arm64');
    await refuses(spec('oci:layout'), 'wrong-architecture', /for arm64, but the system is for amd64/);
  });

  it('takes no path for none: not for the folder of the YAML file', async () => {
    for (const text of ['rootfs:', 'oci:', 'oci::name', 'oci-archive:', 'docker-archive::x', '@pkg:']) {
      await refuses(spec(text), 'bad-source', /names no file or folder/);
    }
  });

  it('refuses what is for another system', async () => {
    const folder = await makeLayout('layout', 'amd64');
    const layout = await Store.open(folder);
    const [first] = (await layout.index()).manifests;
    const manifest = JSON.parse((await layout.readBlob(first!)).toString()) as Manifest;
    const config = JSON.parse((await layout.readBlob(manifest.config)).toString()) as object;
    const ported = await layout.putJson({ ...config, os: 'windows' }, mediaTypes.config);
    await layout.tag('ported', await layout.putJson({ ...manifest, config: ported }, mediaTypes.manifest));
    const message = /ported is for windows\/amd64, but the system is for linux\/amd64/;
    await refuses(spec('oci:layout:ported'), 'wrong-architecture', message);
  });

  it('says what names a layout has', async () => {
    await makeLayout('layout', 'amd64');
    await refuses(spec('oci:layout:image'), 'no-image', /no image named "image"[^]*"image:1"/);
    await refuses(spec('oci:nothing'), 'no-image', /no OCI image layout/);
  });

  it('refuses a layout with a changed, cut or missing blob', async () => {
    const folder = await makeLayout('layout', 'amd64');
    const [named] = (await (await Store.open(folder)).index()).manifests;
    const manifest = JSON.parse(
      await readFile(path.join(folder, 'blobs/sha256', named!.digest.slice(7)), 'utf8'),
    ) as Manifest;
    const layer = path.join(folder, 'blobs/sha256', manifest.layers[0]!.digest.slice(7));
    await writeFile(layer, Buffer.alloc(1024, 1));
    await refuses(spec('oci:layout'), 'bad-image', /damaged/);
    await writeFile(layer, Buffer.alloc(10));
    await refuses(spec('oci:layout'), 'bad-image', /damaged/);
    await rm(layer);
    await refuses(spec('oci:layout'), 'bad-image', /damaged: it has no blobs\/sha256/);
    assert.equal(await store.hasBlob(sha256(Buffer.alloc(1024, 1))), false);
    await writeFile(path.join(folder, 'index.json'), '{"schemaVersion": 2, "manifests": [{"digest": "../../x"}]}');
    await refuses(spec('oci:layout'), 'bad-image', /sha256 digest/);
  });

  it('refuses a layout with a large manifest or index, unless that is allowed', async () => {
    const folder = await makeLayout('layout', 'amd64');
    const other = await Store.open(folder);
    const [named] = (await other.index()).manifests;
    const manifest = JSON.parse(await readFile(other.blobPath(named!.digest), 'utf8')) as Manifest;
    const annotations = { a: 'x'.repeat(10e6) };
    const large = await other.putJson({ ...manifest, annotations }, mediaTypes.manifest);
    await other.tag('image:1', large);
    await refuses(spec('oci:layout'), 'bad-image', /10000\d+ bytes, which is more than .*\n.*--limit manifest=NUMBER/);
    store = await Store.open(store.directory, { limits: { manifest: 11e6 } });
    assert.equal((await resolveImage(spec('oci:layout'), context())).descriptor.digest, large.digest);
    await writeFile(path.join(folder, 'index.json'), JSON.stringify({ ...(await other.index()), annotations }));
    assert.equal((await resolveImage(spec('oci:layout'), context())).descriptor.digest, large.digest);
    store = await Store.open(store.directory);
    await refuses(spec('oci:layout'), 'bad-image', /its index.json has 10\d+ bytes.*\n.*--limit manifest=NUMBER/);
  });

  it('says what is wrong with what is written', async () => {
    await refuses(spec('./nothing'), 'no-image', /there is no file or folder .*nothing/);
    await refuses(spec(' '), 'bad-source', /empty/);
    await refuses(spec('Alpine'), 'invalid-reference', /lower case/);
    await makePackage('own');
    const build = { context: './own', dockerfile: 'Dockerfile.x' };
    await refuses({ ...spec('./own'), build }, 'bad-source', /"dockerfile" has no meaning for .*debian\.yml/);
  });
});
