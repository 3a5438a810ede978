import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from '../../../pkg/build/index.ts';
import { silentReporter } from '../../../pkg/report/index.ts';
import { parseSpec, type Spec } from '../../../pkg/spec/index.ts';
import { incompleteImages, Store, verifyStore } from '../../../pkg/store/index.ts';
import { lkit, root, startLkit } from '../../support/lkit.ts';
import { makeImage, randomLayer } from '../../support/registry-image.ts';
import { PrivateRegistry } from '../../support/registry.ts';
import { random } from '../image/random-layers.ts';
import { writeSmallSystem } from './small-system.ts';

const moments = 50;
const seed = 20261121;

describe('a build that is killed', function () {
  this.timeout(600_000);
  let registry: PrivateRegistry;
  let folder: string;
  let spec: Spec;

  /** A system of an image beside its YAML and one in a registry, of several layers. */
  before(async () => {
    registry = await PrivateRegistry.start();
    folder = await mkdtemp(path.join(tmpdir(), 'lkit-kill-'));
    const yaml = await writeSmallSystem(folder);
    const name = `${registry.host}/team/web:1`;
    const store = await Store.open(path.join(folder, 'source'));
    const layers = [500_000, 500_000, 500_000, 4_000_000].map(randomLayer);
    await store.tag(name, (await makeImage(store, { layers })).descriptor);
    const pushed = await lkit(['cache', 'push', name], { env: { LKIT_CACHE: store.directory } });
    assert.equal(pushed.exitCode, 0, pushed.stderr);
    const text = `init: [oci:init]\nservices:\n  - {name: web, image: "${name}", command: [/random]}\n`;
    await writeFile(yaml, text);
    const parsed = parseSpec([{ file: yaml, text, baseDir: folder }]);
    assert.ok(parsed.spec);
    spec = parsed.spec;
  });
  after(async () => {
    await registry.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function buildHere(cache: string, dir: string): Promise<Buffer> {
    await build({
      ...{ spec, dir, name: 'small', formats: ['kernel+initrd'], arch: 'amd64' },
      store: await Store.open(cache),
      packagesDir: path.join(root, 'images'),
      reporter: silentReporter,
    });
    return readFile(path.join(dir, 'small-initrd.img'));
  }

  it(`leaves a cache that is whole and goes on, at each of ${moments} moments`, async () => {
    const below = random(seed);
    const expected = await buildHere(path.join(folder, 'reference'), path.join(folder, 'reference-out'));
    const startedAt = performance.now();
    const whole = await lkit(['build', '--dir', 'timed', 'small.yml'], {
      cwd: folder,
      env: { LKIT_CACHE: path.join(folder, 'timed-cache') },
    });
    assert.equal(whole.exitCode, 0, whole.stderr);
    const durationMs = Math.ceil(performance.now() - startedAt);

    const reached = { nothing: 0, part: 0, end: 0 };
    for (let moment = 0; moment < moments; moment++) {
      const atMs = below(durationMs);
      const where = `moment ${moment}, after ${atMs} of ${durationMs} ms`;
      const [cache, out] = [path.join(folder, `cache-${moment}`), path.join(folder, `out-${moment}`)];
      const child = startLkit(['build', '--dir', out, 'small.yml'], { cwd: folder, env: { LKIT_CACHE: cache } });
      const ended = once(child, 'close');
      await Promise.race([sleep(atMs), ended]);
      const wasRunning = child.kill('SIGKILL');
      await ended;

      const store = await Store.open(cache);
      const { files, damaged } = await verifyStore(store);
      assert.deepEqual(damaged, [], where);
      assert.deepEqual(await incompleteImages(store), [], where);
      assert.deepEqual(await readdir(path.join(cache, 'tmp')), [], where);
      reached[!wasRunning ? 'end' : files === 0 ? 'nothing' : 'part']++;
      // Files of a build have their names only when all are written.
      const written = await readFile(path.join(out, 'small-initrd.img')).catch(() => expected);
      assert.ok(written.equals(expected), where);
      assert.ok((await buildHere(cache, out)).equals(expected), where);
      assert.deepEqual((await verifyStore(store)).damaged, [], where);
      await Promise.all([cache, out].map((each) => rm(each, { recursive: true })));
    }
    assert.ok(reached.part >= 5, JSON.stringify(reached));
  });
});
