import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LkitError } from '../../../pkg/errors/index.ts';
import { annotations, type StoredImage } from '../../../pkg/image/index.ts';
import { buildPackage, createPackageContext } from '../../../pkg/package/index.ts';
import type { PackageContext, PackageOptions } from '../../../pkg/package/index.ts';
import { type Reporter, silentReporter } from '../../../pkg/report/index.ts';
import { Store } from '../../../pkg/store/index.ts';
import { type DebianMirror, startDebianMirror, testCache, userMirror } from '../../support/debian-mirror.ts';

const recipe = 'packages: [busybox-static]\nfiles: [/bin/busybox]\nentrypoint: [/bin/sh]\n';

/** As where there is no network: nothing listens on that port. */
const unreachable = 'http://127.0.0.1:9/debian';

describe('where packages come from', function () {
  this.timeout(120_000);
  let mirror: DebianMirror;
  let scratch: string;
  let store: Store;
  let folder: string;
  let first: StoredImage;

  before(async () => {
    mirror = await startDebianMirror();
    scratch = await mkdtemp(path.join(tmpdir(), 'lkit-offline-'));
    store = await Store.open(path.join(scratch, 'store'));
    folder = await makePackage('box', recipe);
    first = await buildPackage(folder, 'amd64', context({ mirror: mirror.url }));
  });
  after(async () => {
    await mirror.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  async function makePackage(name: string, text: string): Promise<string> {
    const made = path.join(scratch, 'packages', name);
    await mkdir(made, { recursive: true });
    await writeFile(path.join(made, 'build.yml'), 'image: box\n');
    await writeFile(path.join(made, 'debian.yml'), text);
    return made;
  }

  function context(options: Partial<PackageOptions>): PackageContext {
    return createPackageContext({ store, reporter: silentReporter, ...options });
  }

  it('is the host’s own sources, unless a mirror is named', async () => {
    // This store outlives the run: without a network, what these sources gave the last time is used again.
    const kept = await Store.open(path.join(testCache, 'store'));
    const image = await buildPackage(folder, 'amd64', context({ store: kept, mirror: userMirror, rebuild: true }));
    assert.match(image.manifest.annotations?.[annotations.debianPackages] ?? '', /"name":"busybox-static"/);
    assert.deepEqual(image.config.config?.Entrypoint, ['/bin/sh']);
    const apt = await kept.stateFolder('apt/amd64');
    const sources = await readFile(path.join(apt, 'sources.list.d/lkit.sources'), 'utf8');
    assert.ok(sources.includes('URIs: ') && !sources.includes(mirror.url));
  });

  describe('without a network', () => {
    it('is what was built once, and the user is told', async () => {
      const warnings: string[] = [];
      const reporter: Reporter = { ...silentReporter, warn: (text) => warnings.push(text) };
      const image = await buildPackage(folder, 'amd64', context({ mirror: unreachable, rebuild: true, reporter }));
      assert.equal(image.descriptor.digest, first.descriptor.digest);
      assert.match(warnings.join(), /using the packages of the last build/);
    });

    it('is what was built once, for a changed recipe too', async () => {
      const changed = await makePackage('changed', `${recipe}cmd: [-l]\n`);
      const image = await buildPackage(changed, 'amd64', context({ mirror: unreachable }));
      assert.deepEqual(image.config.config?.Cmd, ['-l']);
    });

    it('is nowhere for packages that were never fetched', async () => {
      const fresh = await makePackage('fresh', 'packages: [libyajl2]\n');
      await assert.rejects(buildPackage(fresh, 'amd64', context({ mirror: unreachable })), (error: LkitError) => {
        return error.code === 'offline' && /LKIT_DEBIAN_MIRROR/.test(error.hint ?? '');
      });
    });
  });
});
