import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { decompress } from '../../../pkg/archive/index.ts';
import { engineProvider } from '../../../pkg/engine/index.ts';
import { readHostApt } from '../../../pkg/package/apt/host.ts';
import { formatSources } from '../../../pkg/package/apt/sources.ts';
import { EngineFetcher } from '../../../pkg/package/engine/engine-fetcher.ts';
import { buildPackage, createPackageContext, type PackageContext } from '../../../pkg/package/index.ts';
import { silentReporter } from '../../../pkg/report/index.ts';
import { Store } from '../../../pkg/store/index.ts';
import { type DebianMirror, startDebianMirror } from '../../support/debian-mirror.ts';
import { type Engine, startEngine } from '../../support/docker-engine.ts';

const image = 'lkit-test-apt';

describe('packages by way of a container engine', function () {
  this.timeout(180_000);
  let mirror: DebianMirror;
  let scratch: string;
  let engine: Engine;
  let withHost: PackageContext;

  before(async () => {
    mirror = await startDebianMirror();
    scratch = await mkdtemp(path.join(tmpdir(), 'lkit-engine-'));
    const store = await Store.open(path.join(scratch, 'store'));
    withHost = createPackageContext({ store, reporter: silentReporter, mirror: mirror.url });
    engine = await startEngine(path.join(scratch, 'engine'));
    await importAptImage();
  });
  after(async () => {
    await engine.stop();
    await mirror.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  /** An image with apt and with sources of its own, made without a registry. */
  async function importAptImage(): Promise<void> {
    const folder = path.join(scratch, 'apt-image');
    await cp(fileURLToPath(new URL('apt-image', import.meta.url)), folder, { recursive: true });
    const { sources, keyring } = await readHostApt(mirror.url);
    // Without a network, the mirror's indexes may be of any age.
    const ageless = sources.map((source) => ({ ...source, options: { 'check-valid-until': 'no' } }));
    await mkdir(path.join(folder, 'rootfs/etc/apt/sources.list.d'), { recursive: true });
    await writeFile(path.join(folder, 'rootfs/etc/apt/sources.list.d/debian.sources'), formatSources(ageless, keyring));
    const passwd = 'root:x:0:0::/root:/bin/sh\n_apt:x:100:65534::/nonexistent:/bin/false\n';
    await writeFile(path.join(folder, 'rootfs/etc/passwd'), passwd);
    await writeFile(path.join(folder, 'rootfs/etc/nsswitch.conf'), 'hosts: files dns\npasswd: files\n');
    const built = await buildPackage(folder, 'amd64', withHost);
    const [layer] = built.manifest.layers;
    assert.ok(layer);
    const tar = decompress(createReadStream(withHost.store.blobPath(layer.digest)));
    const progress = await engine.docker.importImage(Readable.from(tar, { objectMode: false }), { repo: image });
    await new Promise((resolve) => {
      engine.docker.modem.followProgress(progress, resolve);
    });
  }

  async function makePackage(recipe: string): Promise<string> {
    const folder = path.join(scratch, 'package');
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'build.yml'), 'image: box\n');
    await writeFile(path.join(folder, 'debian.yml'), recipe);
    return folder;
  }

  async function withEngine(): Promise<PackageContext> {
    const store = await Store.open(path.join(scratch, 'other'));
    const fetcher = new EngineFetcher({ docker: engine.docker, reporter: silentReporter, image, networkMode: 'host' });
    return { store, reporter: silentReporter, fetcher: () => Promise.resolve(fetcher) };
  }

  it('are the same as by way of the host’s apt, for another machine as well', async () => {
    const folder = await makePackage('packages: [busybox-static, {metapackage: i2c-tools}]\nfiles: [/bin/busybox]\n');
    const byEngine = await buildPackage(folder, 'arm64', await withEngine());
    const byHost = await buildPackage(folder, 'arm64', withHost);
    assert.equal(byEngine.descriptor.digest, byHost.descriptor.digest);
    assert.deepEqual(await engine.docker.listContainers({ all: true }), []);
  });

  it('are named when Debian has none of that name', async () => {
    const folder = await makePackage('packages: [busybox-statik]\n');
    await assert.rejects(buildPackage(folder, 'amd64', await withEngine()), {
      code: 'unknown-debian-package',
      message: /did you mean "busybox-static"/,
    });
  });

  it('cannot be had where there is neither apt nor an engine, and both are named', async () => {
    const { PATH } = process.env;
    process.env['PATH'] = path.join(scratch, 'nothing');
    try {
      const engine = engineProvider({ DOCKER_HOST: `unix://${scratch}/nothing.sock` });
      await assert.rejects(createPackageContext({ ...withHost, engine }).fetcher(), {
        code: 'no-debian-source',
        message: /no apt, and no container engine answers\s+unix:.*nothing\.sock: there is no such socket/,
        hint: /apt.*LKIT_DEBIAN_MIRROR.*Docker/,
      });
    } finally {
      process.env['PATH'] = PATH;
    }
  });
});
