import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Descriptor, StoredImage } from '../../../pkg/image/index.ts';
import { Store } from '../../../pkg/store/index.ts';
import { FaultyRegistry, times } from '../../support/faulty-registry.ts';
import { lkit, startLkit } from '../../support/lkit.ts';
import { makeImage, randomLayer } from '../../support/registry-image.ts';

const sentBytes = 2 << 20;

describe('a pull that ended in the middle of a layer', function () {
  this.timeout(60_000);
  let scratch: string;
  let registry: FaultyRegistry;
  let image: StoredImage;
  let layer: Descriptor;
  let cache: string;
  let name: string;
  let partial: string;

  beforeEach(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'lkit-resume-'));
    const source = await Store.open(path.join(scratch, 'source'));
    image = await makeImage(source, { layers: [randomLayer(3 << 20)] });
    layer = image.manifest.layers[0]!;
    registry = await FaultyRegistry.start();
    await registry.add(source, image, 'latest');
    name = `${registry.host}/name`;
    cache = path.join(scratch, 'cache');
    partial = path.join(cache, 'partial', layer.digest.slice('sha256:'.length));
    await breakOff('SIGKILL');
  });
  afterEach(async () => {
    await registry.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  const run = (...args: readonly string[]) => lkit(args, { env: { LKIT_CACHE: cache, LKIT_MIRROR: '' } });

  /** A pull that is ended when the registry has sent so much, and no more. */
  async function breakOff(signal: NodeJS.Signals): Promise<void> {
    registry.fault = times(1, (request, response) => {
      if (!request.url!.includes(layer.digest)) return false;
      response.writeHead(200, { 'content-length': layer.size });
      response.write(registry.blob(layer.digest).subarray(0, sentBytes));
      return true;
    });
    const child = startLkit(['cache', 'pull', name], { env: { LKIT_CACHE: cache, LKIT_MIRROR: '' } });
    const ended = once(child, 'close');
    while ((await unfinishedBytes()) < sentBytes) await sleep(20);
    child.kill(signal);
    await ended;
    registry.fault = () => false;
  }

  async function unfinishedBytes(): Promise<number> {
    const folder = path.join(cache, 'tmp');
    const names = await readdir(folder).catch(() => []);
    const sizes = names.map((each) =>
      stat(path.join(folder, each)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
    return Math.max(0, ...(await Promise.all(sizes)));
  }

  /** The ranges that were asked for, `all` where none was. */
  const ranges = (): readonly string[] =>
    registry.seen.filter(({ url }) => url.includes(layer.digest)).map(({ headers }) => headers.range ?? 'all');

  async function pulls(): Promise<void> {
    const { exitCode, stdout, stderr } = await run('cache', 'pull', name);
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, new RegExp(image.descriptor.digest));
    assert.ok(await (await Store.open(cache)).isIntact(layer));
    assert.deepEqual(await readdir(path.join(cache, 'partial')).catch(() => []), []);
  }

  it('is gone on with by the next process, which gets only the rest', async () => {
    await pulls();
    assert.deepEqual(ranges(), ['all', `bytes=${sentBytes}-`]);
    assert.deepEqual(await readdir(path.join(cache, 'tmp')), []);
  });

  it('is gone on with when its user had interrupted it', async () => {
    await run('cache', 'clean');
    await breakOff('SIGINT');
    await pulls();
    assert.deepEqual(ranges(), ['all', 'all', `bytes=${sentBytes}-`]);
  });

  it('leaves a store that is whole, in which what is there can wait', async () => {
    const { exitCode, stdout } = await run('cache', 'verify');
    assert.equal(exitCode, 0);
    assert.match(stdout, /all as they were written/);
    assert.equal((await stat(partial)).size, sentBytes);
    await pulls();
    assert.deepEqual(ranges(), ['all', `bytes=${sentBytes}-`]);
  });

  it('is gone on with once, by the first of several', async () => {
    await Promise.all([1, 2, 3, 4].map(pulls));
    assert.deepEqual(ranges(), ['all', `bytes=${sentBytes}-`]);
  });

  it('begins anew at a registry that does not know ranges', async () => {
    registry.fault = (request, response) => {
      if (!request.url!.includes(layer.digest)) return false;
      response.end(registry.blob(layer.digest));
      return true;
    };
    await pulls();
    assert.deepEqual(ranges(), ['all', `bytes=${sentBytes}-`]);
  });

  for (const [what, change] of Object.entries({
    'has changed': () => writeFile(partial, Buffer.alloc(1000), { flag: 'r+' }),
    'has grown beyond the layer': () => truncate(partial, 5 << 20),
    'is of another layer': () => writeFile(partial, Buffer.alloc(layer.size)),
  })) {
    it(`begins anew where what is there ${what}`, async () => {
      await run('cache', 'ls');
      await change();
      await pulls();
      assert.equal(ranges().at(-1), 'all');
    });
  }

  it('needs no registry’s bytes where all of them are there', async () => {
    await run('cache', 'ls');
    await writeFile(partial, registry.blob(layer.digest));
    await pulls();
    assert.deepEqual(ranges(), ['all']);
  });

  for (const command of ['prune', 'clean']) {
    it(`is forgotten by lkit cache ${command}, and begins anew`, async () => {
      assert.match((await run('cache', command, '--dry-run')).stdout, /would free 2\.1 MB/);
      assert.equal((await stat(partial)).size, sentBytes);
      assert.match((await run('cache', command)).stdout, /freed 2\.1 MB/);
      await pulls();
      assert.deepEqual(ranges(), ['all', 'all']);
    });
  }

  it('is forgotten after a day', async () => {
    await run('cache', 'ls');
    const before = Date.now() / 1000 - 25 * 3600;
    await utimes(partial, before, before);
    await pulls();
    assert.deepEqual(ranges(), ['all', 'all']);
  });
});
