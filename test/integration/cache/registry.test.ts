import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ociArchive } from '../../../pkg/exchange/index.ts';
import { type Manifest, mediaTypes } from '../../../pkg/image/index.ts';
import { Store } from '../../../pkg/store/index.ts';
import { lkit } from '../../support/lkit.ts';
import { makeImage, makeIndex } from '../../support/registry-image.ts';
import { PrivateRegistry } from '../../support/registry.ts';
import { collect } from '../../unit/archive/raw-tar.ts';
import { writeSmallSystem } from './small-system.ts';

const run = promisify(execFile);

describe('lkit cache and a registry', function () {
  this.timeout(60_000);
  let registry: PrivateRegistry;
  let folder: string;

  before(async () => {
    registry = await PrivateRegistry.start();
  });
  after(() => registry.stop());
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lkit-cache-registry-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Runs lkit with a cache of that name, and has it succeed. */
  const print = async (cache: string, ...args: readonly string[]): Promise<string> => {
    const env = { LKIT_CACHE: path.join(folder, cache) };
    const { exitCode, stdout, stderr } = await lkit(args, { cwd: folder, env });
    assert.equal(exitCode, 0, stderr);
    return stdout;
  };

  const blobIn = (cache: string, digest: string): string =>
    path.join(folder, cache, 'blobs/sha256', digest.slice('sha256:'.length));

  it('push sends an image, pull gets it, and both say its digest', async () => {
    const name = `${registry.host}/team/web:1.2`;
    const store = await Store.open(path.join(folder, 'one'));
    const image = await makeImage(store);
    await store.tag(name, image.descriptor);
    assert.equal(await print('one', 'cache', 'push', name), `${name} ${image.descriptor.digest}\n`);
    const digits = image.descriptor.digest.slice('sha256:'.length, 'sha256:'.length + 12);
    const other = `${registry.host}/team/other:2`;
    assert.equal(await print('one', 'cache', 'push', digits, other), `${other} ${image.descriptor.digest}\n`);
    const env = { LKIT_CACHE: path.join(folder, 'one') };
    const foreign = await lkit(['cache', 'push', '--arch', 'arm64', name, other], { cwd: folder, env });
    assert.deepEqual([foreign.exitCode, foreign.stdout], [2, '']);
    assert.match(foreign.stderr, /^lkit: the store has no .*web:1\.2 for arm64$/m);
    assert.equal(
      await print('two', 'cache', 'pull', name, other),
      `${name} ${image.descriptor.digest}\n${other} ${image.descriptor.digest}\n`,
    );
    assert.match(await print('two', 'cache', 'ls'), /amd64 +\d\.\d kB +- +just now +-$/m);
    const { stdout } = await run('skopeo', ['inspect', '--tls-verify=false', `docker://${other}`]);
    assert.equal((JSON.parse(stdout) as { Digest: string }).Digest, image.descriptor.digest);
  });

  it('ls, verify, export and rm know images that came out of an index', async () => {
    const name = `${registry.host}/team/both:1`;
    const source = await Store.open(path.join(folder, 'source'));
    const images = [await makeImage(source), await makeImage(source, { arch: 'arm64' })];
    await source.tag('both', await makeIndex(source, images));
    const options = ['--all', '--dest-tls-verify=false', '-q'];
    await run('skopeo', ['copy', ...options, `oci:${source.directory}:both`, `docker://${name}`]);

    await print('two', 'cache', 'pull', '--arch', 'amd64', name);
    assert.match(await print('two', 'cache', 'verify'), /all as they were written/);
    await print('two', 'cache', 'pull', '--arch', 'arm64', name);
    const listed = (await print('two', 'cache', 'ls')).trim().split('\n').slice(1, -1);
    assert.deepEqual(listed.map((line) => line.split(/ +/).slice(0, 2)).sort(), [
      [name, 'amd64'],
      [name, 'arm64'],
    ]);

    const blob = path.join(folder, 'two/blobs/sha256', images[1]!.manifest.layers[0]!.digest.slice('sha256:'.length));
    await writeFile(blob, 'damaged');
    assert.match(await print('two', 'cache', 'verify'), new RegExp(`^got ${name} again$`, 'm'));

    await print('two', 'cache', 'export', name, '-o', path.join(folder, 'both.tar'));
    await print('three', 'cache', 'import', path.join(folder, 'both.tar'));
    const three = await Store.open(path.join(folder, 'three'));
    assert.equal((await three.resolve(name))?.mediaType, mediaTypes.index);
    await print('two', 'cache', 'rm', name);
    assert.deepEqual(await readdir(path.join(folder, 'two/blobs/sha256')), []);
  });

  it('build --locked pulls what is missing by its digest, though the tag has moved on', async () => {
    const name = `${registry.host}/team/moving:1`;
    const store = await Store.open(path.join(folder, 'source'));
    const publish = async (): Promise<string> => {
      const image = await makeImage(store);
      const archive = path.join(folder, 'x.tar');
      await writeFile(archive, await collect(ociArchive(store, [{ image, names: ['x'] }])));
      await run('skopeo', ['copy', '-q', '--dest-tls-verify=false', `oci-archive:${archive}:x`, `docker://${name}`]);
      return image.descriptor.digest;
    };
    await writeSmallSystem(folder);
    await writeFile(
      path.join(folder, 'small.yml'),
      `init: [oci:init]\nservices:\n  - {name: web, image: "${name}", command: [/bin/web]}\n`,
    );
    const first = await publish();
    await print('two', 'build', 'small.yml');
    const second = await publish();
    assert.notEqual(first, second);
    await print('three', 'build', '--locked', 'small.lock.json', 'small.yml');
    assert.ok((await print('three', 'cache', 'ls', '--json')).includes(first));

    await print('two', 'build', '--pull', '--name', 'newer', 'small.yml');
    const manifest = JSON.parse(await readFile(blobIn('two', first), 'utf8')) as Manifest;
    await writeFile(blobIn('two', manifest.layers[0]!.digest), 'damaged');
    assert.match(await print('two', 'cache', 'verify'), /^got .*moving:1 again$/m);
    assert.match(await print('two', 'cache', 'verify'), /all as they were written/);
  });

  it('verify gets images again from a registry with a certificate of one’s own', async () => {
    const secure = await PrivateRegistry.start({ tls: true });
    try {
      const name = `${secure.host}/team/web:1`;
      const flags = ['--cert-file', secure.certFile];
      const store = await Store.open(path.join(folder, 'one'));
      const image = await makeImage(store);
      await store.tag(name, image.descriptor);
      await print('one', 'cache', 'push', ...flags, name);
      await writeFile(blobIn('one', image.manifest.layers[0]!.digest), 'damaged');
      const env = { LKIT_CACHE: path.join(folder, 'one') };
      const refused = await lkit(['cache', 'verify'], { cwd: folder, env });
      assert.equal(refused.exitCode, 1);
      assert.match(refused.stdout, /certificate of 127.* is not trusted/);
      assert.match(await print('one', 'cache', 'verify', ...flags), new RegExp(`^got ${name} again$`, 'm'));
    } finally {
      await secure.stop();
    }
  });
});
