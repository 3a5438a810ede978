import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostArchitecture } from '../../../cmd/lkit/arch.ts';
import { labels, type StoredImage } from '../../../pkg/image/index.ts';
import { Store } from '../../../pkg/store/index.ts';
import { FaultyRegistry } from '../../support/faulty-registry.ts';
import { type Finished, lkit, startLkit } from '../../support/lkit.ts';
import { login, PrivateRegistry, skopeo } from '../../support/registry.ts';
import { layerOf, makeImage, randomLayer } from '../../support/registry-image.ts';

describe('lkit build with images from a registry', function () {
  this.timeout(120_000);
  let scratch: string;
  let registry: PrivateRegistry;
  let images: readonly StoredImage[];

  beforeEach(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'lkit-build-'));
    registry = await PrivateRegistry.start();
    const store = await Store.open(path.join(scratch, 'images'));
    const arch = hostArchitecture();
    const named = {
      kernel: await makeImage(store, { arch, layers: [layerOf({ kernel: 'a kernel' })] }),
      init: await makeImage(store, {
        arch,
        layers: [layerOf({ 'usr/lib/lkit/stage0': '#!/bin/sh', 'bin/busybox': 'busybox' })],
        labels: { [labels.init]: 'packed' },
      }),
      'team/web': await makeImage(store, { arch, layers: [randomLayer(5_000_000), randomLayer(1000)] }),
    };
    images = Object.values(named);
    for (const [name, image] of Object.entries(named)) {
      const ref = name.replace('/', '-');
      await store.tag(ref, image.descriptor);
      await skopeo(
        'copy',
        '-q',
        '--dest-tls-verify=false',
        `oci:${store.directory}:${ref}`,
        `docker://${registry.host}/${name}:1`,
      );
    }
    await writeFile(
      path.join(scratch, 'system.yml'),
      `kernel: {image: "${registry.host}/kernel:1", tar: none}\n` +
        `init: ["docker://${registry.host}/init:1"]\n` +
        `services: [{name: web, image: "${registry.host}/team/web:1", command: [/web]}]\n`,
    );
  });
  afterEach(async () => {
    await registry.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  const options = () => ({ cwd: scratch, env: { LKIT_CACHE: path.join(scratch, 'cache'), LKIT_MIRROR: '' } });

  function build(...args: readonly string[]): Promise<Finished> {
    return lkit(['build', ...args, 'system.yml'], options());
  }

  it('needs the registry for the first build only', async () => {
    const first = await build();
    assert.equal(first.exitCode, 0, first.stderr);
    await registry.stop();
    for (const flags of [[], ['--pull', 'never'], ['-pull=missing']]) {
      const again = await build(...flags);
      assert.equal(again.exitCode, 0, again.stderr);
    }
    const always = await build('--pull');
    assert.equal(always.exitCode, 1);
    assert.match(always.stderr, /system\.yml:\d:\d+: .*cannot reach 127\.0\.0\.1:\d+: nobody listens there/);
  });

  it('gets each blob once for four builds at once', async () => {
    const builds = await Promise.all([1, 2, 3, 4].map((number) => build('--name', `system${number}`)));
    for (const { exitCode, stderr } of builds) assert.equal(exitCode, 0, stderr);
    const blobs = images.flatMap(({ manifest }) => [manifest.config, ...manifest.layers]);
    const gets = registry.requests().filter((request) => request.startsWith('GET '));
    for (const { digest } of blobs) assert.equal(gets.filter((request) => request.includes(digest)).length, 1);
    assert.equal(gets.filter((request) => request.includes('/manifests/')).length, 3);
  });

  it('leaves nothing half behind when it is killed, and goes on', async () => {
    for (let round = 0; round < 12; round++) {
      const child = startLkit(['build', 'system.yml'], options());
      const closed = once(child, 'close');
      await sleep(150 + Math.random() * 600);
      child.kill('SIGKILL');
      await closed;
      const store = await Store.open(path.join(scratch, 'cache'));
      for (const name of await readdir(path.join(store.directory, 'blobs/sha256'))) {
        const digest = `sha256:${name}` as const;
        assert.ok(await store.isIntact({ digest, size: (await stat(store.blobPath(digest))).size }));
      }
      assert.deepEqual(await readdir(path.join(store.directory, 'tmp')), []);
    }
    const built = await build();
    assert.equal(built.exitCode, 0, built.stderr);
  });

  it('finds images at a mirror, under their own names', async () => {
    const text = await readFile(path.join(scratch, 'system.yml'), 'utf8');
    await writeFile(path.join(scratch, 'system.yml'), text.replaceAll(registry.host, 'registry.example'));
    const mirror = `registry.example=http://${registry.host}`;
    const built = await lkit(['build', 'system.yml'], { ...options(), env: { ...options().env, LKIT_MIRROR: mirror } });
    assert.equal(built.exitCode, 0, built.stderr);
    const again = await build('--mirror', mirror, '--pull', 'never');
    assert.equal(again.exitCode, 0, again.stderr);
    const store = await Store.open(path.join(scratch, 'cache'));
    assert.ok(await store.resolve('registry.example/team/web:1'));
  });

  it('logs in as Podman and Docker do, and trusts the authorities it is told to', async () => {
    const closed = await PrivateRegistry.start({ tls: true, login: true });
    try {
      const certs = path.join(scratch, 'certs');
      await mkdir(certs);
      await copyFile(closed.certFile, path.join(certs, 'ca.crt'));
      for (const name of ['kernel', 'init', 'team/web']) {
        const to = [`--dest-cert-dir=${certs}`, `--dest-creds=${login.username}:${login.password}`];
        const from = `oci:${path.join(scratch, 'images')}:${name.replace('/', '-')}`;
        await skopeo('copy', '-q', ...to, from, `docker://${closed.host}/${name}:1`);
      }
      const text = await readFile(path.join(scratch, 'system.yml'), 'utf8');
      await writeFile(path.join(scratch, 'system.yml'), text.replaceAll(registry.host, closed.host));
      const buildAs = async (password: string, ...flags: readonly string[]): Promise<Finished> => {
        const auth = Buffer.from(`${login.username}:${password}`).toString('base64');
        await writeFile(path.join(scratch, 'auth.json'), JSON.stringify({ auths: { [closed.host]: { auth } } }));
        const env = { ...options().env, REGISTRY_AUTH_FILE: path.join(scratch, 'auth.json') };
        return lkit(['-v', 'build', ...flags, 'system.yml'], { ...options(), env });
      };
      const untrusted = await buildAs(login.password);
      assert.equal(untrusted.exitCode, 1);
      assert.match(untrusted.stderr, /certificate of 127\.0\.0\.1:\d+ is not trusted[^]*--cert-file/);
      const wrong = await buildAs('battery staple', '--cert-file', closed.certFile);
      assert.equal(wrong.exitCode, 1);
      assert.match(wrong.stderr, /does not accept the login from .*auth\.json/);
      assert.doesNotMatch(wrong.stderr, /battery|YmF0dGVyeS|Basic [A-Za-z]/);
      const built = await buildAs(login.password, '--cert-file', closed.certFile);
      assert.equal(built.exitCode, 0, built.stderr);
      assert.doesNotMatch(await readFile(path.join(scratch, 'system.lock.json'), 'utf8'), /horse|auth/);
    } finally {
      await closed.stop();
    }
  });

  it('stops at Ctrl-C while it downloads, and while it waits for another build that does', async () => {
    const silent = await FaultyRegistry.start();
    try {
      const store = await Store.open(path.join(scratch, 'images'));
      await silent.add(store, images[0]!, '1');
      const asked = new Promise<void>((resolve) => {
        silent.fault = (request) => {
          if (!request.url!.includes('/blobs/')) return false;
          resolve();
          return true;
        };
      });
      await writeFile(path.join(scratch, 'system.yml'), `kernel: {image: "${silent.host}/kernel:1", tar: none}\n`);
      const first = startLkit(['build', 'system.yml'], options());
      await asked;
      const second = startLkit(['build', 'system.yml'], options());
      await once(second.stderr, 'data');
      for (const child of [second, first]) {
        const closed = once(child, 'close');
        child.kill('SIGINT');
        assert.deepEqual(await closed, [130, null]);
      }
    } finally {
      await silent.stop();
    }
  });

  it('says where the image is named that nobody has', async () => {
    const never = await build('--pull', 'never');
    assert.equal(never.exitCode, 2);
    assert.match(never.stderr, /system\.yml:\d:\d+: the store does not have 127.*\n[^]*Without --pull never/);
    await writeFile(path.join(scratch, 'system.yml'), `kernel:\n  image: ${registry.host}/colonel:1\n`);
    const unknown = await build();
    assert.equal(unknown.exitCode, 2);
    assert.match(unknown.stderr, /system\.yml:2:10: 127.*\/colonel: tag "1": not found at/);
    assert.doesNotMatch(unknown.stderr, /internal error|at .*\.js:/);
  });
});
