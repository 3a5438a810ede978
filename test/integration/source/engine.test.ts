import assert from 'node:assert/strict';
import { chmod, copyFile, link, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildImage, connectEngine, type Engine, EngineError } from '../../../pkg/engine/index.ts';
import { labels, parseReference } from '../../../pkg/image/index.ts';
import { type CredentialSource, pushImage, RegistryClient } from '../../../pkg/registry/index.ts';
import { describeTree } from '../../support/describe-tree.ts';
import { imageTree } from '../../../pkg/store/index.ts';
import * as dockerEngine from '../../support/docker-engine.ts';
import { login, PrivateRegistry } from '../../support/registry.ts';
import { layerOf, makeImage } from '../../support/registry-image.ts';
import { run, treeOnDisk, Workbench } from './workbench.ts';

describe('images of a container engine', function () {
  this.timeout(120_000);
  let scratch: string;
  let daemon: dockerEngine.Engine;
  let socket: string;
  let bench: Workbench;

  before(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'lkit-engine-'));
    daemon = await dockerEngine.startEngine(path.join(scratch, 'engine'));
    socket = path.join(scratch, 'engine/docker.sock');
  });
  after(async () => {
    await daemon.stop();
    await rm(scratch, { recursive: true, force: true });
  });
  beforeEach(async () => {
    bench = await Workbench.open();
  });
  afterEach(() => bench.close());

  const engine = (): Promise<Engine> => connectEngine({ DOCKER_HOST: `unix://${socket}` });
  /** Docker's older builder, as an engine without BuildKit has it. */
  const classic = async (): Promise<Engine> => ({ ...(await engine()), hasBuildKit: false });
  const noEngine = (): Promise<Engine> => Promise.reject(new EngineError('no-engine', 'no container engine answers'));

  /** A folder to build from, with busybox in it. */
  async function makeContext(
    name: string,
    dockerfile: string,
    files: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const folder = bench.path(name);
    await mkdir(folder, { recursive: true });
    await copyFile('/bin/busybox', path.join(folder, 'busybox'));
    for (const [file, text] of Object.entries({ Dockerfile: dockerfile, ...files })) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await writeFile(path.join(folder, file), text);
    }
  }

  const names = async (text: string, options: object): Promise<readonly string[]> => {
    const tree = await bench.tree(await bench.resolve(text, { engine, ...options }));
    return tree.map((line) => JSON.parse(line.split(' ')[0] ?? '') as string).filter((name) => name !== '');
  };

  it('are exported with the files that docker save, skopeo and umoci show', async () => {
    await makeContext(
      'demo',
      'FROM scratch\nCOPY --chown=7:8 busybox /bin/busybox\nADD note /etc/note\nCMD ["/bin/busybox"]',
      { note: 'x' },
    );
    const built = await bench.resolve('./demo', { engine });
    const daemonImage = await bench.resolve('docker-daemon:lkit-build/demo:amd64', { engine });
    assert.equal(daemonImage.manifest.config.digest, built.manifest.config.digest);
    assert.deepEqual(built.config.config?.Cmd, ['/bin/busybox']);
    const host = ['--host', `unix://${socket}`];
    await run('docker', [...host, 'save', 'lkit-build/demo:amd64', '-o', bench.path('saved.tar')]);
    const saved = await bench.resolve('docker-archive:saved.tar:lkit-build/demo:amd64');
    const judged = await bench.judgedTree(`docker-archive:${bench.path('saved.tar')}:lkit-build/demo:amd64`);
    assert.ok(judged.some((line) => /^"bin\/busybox" file 755 7:8 /.test(line)));
    for (const image of [built, daemonImage, saved]) assert.deepEqual(await bench.tree(image), judged);
  });

  it('are exported again only when the name means another one', async () => {
    await makeContext('demo', 'FROM scratch\nADD note /note', { note: 'one' });
    await bench.resolve('./demo', { engine });
    const text = 'docker-daemon:lkit-build/demo:amd64';
    const first = await bench.resolve(text, { engine });
    const again = await bench.resolve(text, { engine });
    assert.equal(again.descriptor.digest, first.descriptor.digest);
    await writeFile(bench.path('demo/note'), 'two');
    await bench.resolve('./demo', { engine });
    const changed = await bench.resolve(text, { engine });
    assert.notEqual(changed.descriptor.digest, first.descriptor.digest);
    assert.deepEqual(bench.outcomes, ['done', 'done', 'cached', 'done', 'done']);
  });

  it('come before those of a registry with --docker', async () => {
    await makeContext('demo', 'FROM scratch\nADD note /note', { note: 'one' });
    const built = await bench.resolve('./demo', { engine });
    const found = await bench.resolve('lkit-build/demo:amd64', { engine, preferEngine: true });
    assert.equal(found.manifest.config.digest, built.manifest.config.digest);
    const registry = await PrivateRegistry.start();
    try {
      const name = `${registry.host}/demo:1`;
      const image = await makeImage(bench.store);
      const client = new RegistryClient();
      await pushImage(image, parseReference(name), { client, store: bench.store });
      const pulled = await bench.resolve(name, { engine, preferEngine: true, registry: client });
      assert.equal(pulled.descriptor.digest, image.descriptor.digest);
    } finally {
      await registry.stop();
    }
    const refused = await bench.refusal('demo:1', { engine: noEngine, preferEngine: true });
    assert.deepEqual([refused.code, refused.at], ['no-engine', bench.at]);
  });

  it('are refused where the engine has none, or has it for another machine', async () => {
    const refused = await bench.refusal('docker-daemon:nothing:1', { engine });
    assert.deepEqual([refused.code, refused.kind, refused.at], ['no-image', 'input', bench.at]);
    assert.match(
      `${refused.message} ${refused.hint ?? ''}`,
      /\(Docker .*\) has no image "nothing:1".*docker pull nothing:1/,
    );
    await makeContext('demo', 'FROM scratch\nADD note /note', { note: 'one' });
    await bench.resolve('./demo', { engine });
    const other = await bench.refusal('docker-daemon:lkit-build/demo:amd64', { engine, arch: 'arm64' });
    assert.equal(other.code, 'wrong-architecture');
    const none = await bench.refusal('docker-daemon:x:1', { engine: noEngine });
    assert.deepEqual([none.code, none.at], ['no-engine', bench.at]);
    assert.match(none.message, /docker-daemon:x:1 needs a container engine, but no container engine answers/);
  });

  describe('built from a Dockerfile', () => {
    it('need no engine when nothing has changed, wherever the folder is', async () => {
      await makeContext('demo', 'FROM scratch\nADD note /note', { note: 'one' });
      const first = await bench.resolve('./demo', { engine });
      const again = await bench.resolve('./demo', { engine: noEngine });
      assert.equal(again.descriptor.digest, first.descriptor.digest);
      await run('cp', ['-r', bench.path('demo'), bench.path('copy')]);
      assert.equal((await bench.resolve('./copy', { engine: noEngine })).descriptor.digest, first.descriptor.digest);
      const build = { context: './demo' };
      assert.equal((await bench.resolve('x', { engine: noEngine, build })).descriptor.digest, first.descriptor.digest);
      for (const change of [
        () => chmod(bench.path('demo/note'), 0o755),
        () => writeFile(bench.path('demo/note'), 'two'),
      ]) {
        await change();
        assert.match(
          (await bench.refusal('./demo', { engine: noEngine })).message,
          /building .*demo needs a container engine/,
        );
      }
    });

    it('take arguments, a target, another Dockerfile and labels', async () => {
      const dockerfile =
        'FROM scratch AS first\nARG WHO=nobody\nLABEL who=$WHO\nADD note /first\nFROM first\nADD note /second';
      await makeContext('demo', 'FROM scratch\nADD note /other', { note: 'x', 'sub/Other.Dockerfile': dockerfile });
      const build = { context: './demo', dockerfile: 'sub/Other.Dockerfile', args: { WHO: 'me' } };
      const whole = await bench.resolve('./demo', { engine, build });
      assert.equal(whole.config.config?.Labels?.['who'], 'me');
      assert.deepEqual(await names('./demo', { build }), ['first', 'second']);
      assert.deepEqual(await names('./demo', { build: { ...build, target: 'first' } }), ['first']);
      assert.deepEqual(await names('./demo', { build: { context: './demo' } }), ['other']);
      const other = await bench.resolve('./demo', { engine, build: { ...build, args: { WHO: 'you' } } });
      assert.equal(other.config.config?.Labels?.['who'], 'you');
    });

    it('may come from outside of the folder', async () => {
      await makeContext('demo', 'FROM scratch', { note: 'x' });
      await writeFile(bench.path('Outside'), 'FROM scratch\nADD note /outside');
      assert.deepEqual(await names('./demo', { build: { context: './demo', dockerfile: '../Outside' } }), ['outside']);
    });

    for (const [builder, provider] of Object.entries({ BuildKit: engine, 'the older builder': classic })) {
      it(`see what .dockerignore leaves them, with ${builder}`, async () => {
        await makeContext('demo', 'FROM scratch\nADD . /', {
          '.dockerignore': '# comment\nbusybox\n**/*.log\n!keep/this.log\nkeep/secret*\n',
          'a.log': '',
          'keep/this.log': '',
          'keep/other.log': '',
          'keep/secret.txt': '',
          'keep/note': '',
        });
        await symlink('note', bench.path('demo/keep/link'));
        const kept = ['.dockerignore', 'Dockerfile', 'keep', 'keep/link', 'keep/note', 'keep/this.log'];
        assert.deepEqual(await names('./demo', { engine: provider }), kept);
        await writeFile(bench.path('demo/a.log'), 'what is left out makes no difference');
        await bench.resolve('./demo', { engine: noEngine });
      });

      for (const [ignored, kept] of [
        ['Dockerfile\nbusybox', ['.dockerignore', 'note']],
        ['.dockerignore\nbusybox', ['Dockerfile', 'note']],
        ['*\n!note', ['note']],
      ] as const) {
        it(`do not see a Dockerfile that is left out by ${JSON.stringify(ignored)}, with ${builder}`, async () => {
          await makeContext('demo', 'FROM scratch\nCOPY . /', { note: 'x', '.dockerignore': ignored });
          assert.deepEqual(await names('./demo', { engine: provider }), kept);
        });
      }

      it(`have their own .dockerignore beside another Dockerfile, with ${builder}`, async () => {
        await makeContext('demo', 'FROM scratch', { note: 'x', more: 'x', '.dockerignore': 'note' });
        await writeFile(bench.path('demo/Oth[er]'), 'FROM scratch\nADD . /');
        await writeFile(bench.path('demo/Oth[er].dockerignore'), '*\n!more\n!.dockerignore');
        const build = { context: './demo', dockerfile: 'Oth[er]' };
        assert.deepEqual(await names('./demo', { engine: provider, build }), ['.dockerignore', 'more']);
      });

      it(`do not see a Dockerfile from outside of the folder, with ${builder}`, async () => {
        await makeContext('demo', 'FROM none', { note: 'x', '.dockerignore': 'busybox\n.dockerignore' });
        await writeFile(bench.path('Outside'), 'FROM scratch\nADD . /');
        const build = { context: './demo', dockerfile: '../Outside' };
        assert.deepEqual(await names('./demo', { engine: provider, build }), ['Dockerfile', 'note']);
      });

      it(`get every kind of file, as it is, with ${builder}`, async () => {
        await makeContext('demo', 'FROM scratch\nCOPY all /', { 'all/b/file': 'x', 'all/b-c': 'x', 'all/big': '' });
        const inAll = (name: string): string => bench.path('demo/all', name);
        await writeFile(inAll('big'), Buffer.alloc(5_000_000, 'big'));
        await link(inAll('b-c'), inAll('z'));
        await symlink('b/file', inAll('link'));
        await chmod(inAll('b-c'), 0o751);
        await utimes(inAll('big'), -86_400, -86_400);
        await chmod(inAll('b'), 0o1777);
        for (let number = 0; number < 300; number++) await writeFile(inAll(`b/${number}`), `${number}`);
        const built = await bench.resolve('./demo', { engine: provider });
        // BuildKit writes into a folder after it has set its time.
        const folders = new Set(['', 'b']);
        const tree = await describeTree(imageTree(bench.store, built), folders);
        const onDisk = await describeTree(treeOnDisk(bench.path('demo/all')), folders);
        const isInside = (line: string): boolean => !line.startsWith('"" ');
        assert.deepEqual(tree.filter(isInside), onDisk.filter(isInside));
      });

      it(`end with what keeps the context from being read, with ${builder}`, async () => {
        const cause = new Error('the disk is broken');
        async function* broken<T>(): AsyncGenerator<T> {
          await sleep(1);
          throw cause;
        }
        const dockerfile = { name: 'Dockerfile', text: 'FROM scratch\nCOPY . /' };
        const how = { name: 'lkit-build/broken:1', platform: 'linux/amd64', args: {}, labels: {} };
        const building = buildImage(await provider(), { ...how, dockerfile, files: broken, archive: broken });
        await assert.rejects(building, cause);
      });

      it(`show the step that failed, its output and its line, with ${builder}`, async () => {
        await makeContext(
          'failing',
          'FROM scratch\nCOPY busybox /bin/sh\n\nRUN echo some output && \\\n  exit 3\nADD busybox /x',
          {
            'build.yml': 'image: failing\n',
          },
        );
        const refused = await bench.refusal('pkg:./failing', { engine: provider });
        assert.deepEqual([refused.code, refused.kind], ['build-failed', 'environment']);
        assert.deepEqual(refused.at, { file: bench.path('failing/Dockerfile'), line: 4, column: 1 });
        assert.match(
          refused.message,
          /failed at "(\/bin\/sh -c |RUN )?echo some output && +exit 3"|failed at "RUN echo/,
        );
        assert.match(refused.message, /(exit )?code:? 3\n {2}.*some output/);
        assert.match(refused.hint ?? '', /network: true/);
        assert.ok(bench.shown.some((text) => text.includes('some output')));
      });
    }

    it('run their steps', async () => {
      await makeContext('running', 'FROM scratch\nCOPY busybox /bin/sh\nRUN echo made > /made', {
        'build.yml': 'image: running\n',
      });
      assert.deepEqual(
        (await names('pkg:./running', {})).filter((name) => name.startsWith('made')),
        ['made'],
      );
    });

    it('follow the keys of build.yml', async () => {
      await makeContext('package', 'never read', {
        'build.yml': [
          'image: demo',
          'dockerfile: Other',
          'buildArgs: [WHO=me]',
          'extra-sources: [../elsewhere:from/there, ../single:one]',
          'config: {capabilities: [all]}',
          'gitrepo: https://example.test/demo',
          '',
        ].join('\n'),
        Other: 'FROM scratch\nARG WHO\nLABEL who=$WHO\nADD from /from\nADD one /one',
      });
      await mkdir(bench.path('elsewhere'));
      await writeFile(bench.path('elsewhere/file'), 'x');
      await writeFile(bench.path('single'), 'x');
      const image = await bench.resolve('pkg:./package', { engine });
      assert.deepEqual(image.config.config?.Labels, {
        who: 'me',
        [labels.mobyConfig]: '{"capabilities":["all"]}',
        'org.opencontainers.image.source': 'https://example.test/demo',
      });
      assert.deepEqual(await names('pkg:./package', {}), ['from', 'from/there', 'from/there/file', 'one']);
      await writeFile(bench.path('elsewhere/file'), 'y');
      assert.equal((await bench.refusal('pkg:./package', { engine: noEngine })).code, 'no-engine');
    });

    it('may build on images that only this user may see', async () => {
      const registry = await PrivateRegistry.start({ login: true });
      try {
        const credential = { kind: 'password', ...login } as const;
        const credentials: CredentialSource = {
          find: (host) => Promise.resolve(host === registry.host ? { credential, from: 'test' } : undefined),
        };
        const base = parseReference(`${registry.host}/team/base:1`);
        const layer = layerOf({ 'from-the-base': 'x' });
        const push = async (labels: Readonly<Record<string, string>>): Promise<void> => {
          const image = await makeImage(bench.store, { layers: [layer], labels });
          await pushImage(image, base, { client: new RegistryClient({ credentials }), store: bench.store });
        };
        await push({ number: 'one' });
        const dockerfile = `ARG BASE=${registry.host}/team/base:1\nFROM $BASE\nADD note /note\n`;
        await makeContext('demo', dockerfile, { note: 'x' });
        const refused = await bench.refusal('./demo', { engine });
        assert.match(refused.message, /basic auth|unauthorized|authorization failed/i);
        assert.deepEqual(await names('./demo', { credentials }), ['from-the-base', 'note']);
        await push({ number: 'two' });
        const again = await bench.resolve('./demo', { engine, credentials });
        assert.equal(again.config.config?.Labels?.['number'], 'one');
        const anew = await bench.resolve('./demo', { engine, credentials, rebuild: true });
        assert.equal(anew.config.config?.Labels?.['number'], 'two');
      } finally {
        await registry.stop();
      }
    });

    it('may build on what the engine has to get from a registry first', async () => {
      const registry = await PrivateRegistry.start();
      try {
        const image = await makeImage(bench.store, { layers: [layerOf({ 'from-the-base': 'x' })] });
        const base = parseReference(`${registry.host}/base:1`);
        await pushImage(image, base, { client: new RegistryClient(), store: bench.store });
        await makeContext('demo', `FROM ${registry.host}/base:1\nADD note /note\n`, { note: 'x' });
        assert.deepEqual(await names('./demo', {}), ['from-the-base', 'note']);
        await makeContext('demo', `FROM ${registry.host}/nothing:1\n`);
        const refused = await bench.refusal('./demo', { engine });
        assert.equal(refused.code, 'build-failed');
        assert.match(refused.message, /nothing:1.*not found|manifest unknown/s);
      } finally {
        await registry.stop();
      }
    });

    it('are built through ssh as well', async () => {
      const { PATH } = process.env;
      const script = `#!/bin/sh\nexec docker --host unix://${socket} system dial-stdio\n`;
      await mkdir(bench.path('bin'));
      await writeFile(bench.path('bin/ssh'), script, { mode: 0o755 });
      process.env['PATH'] = `${bench.path('bin')}:${PATH ?? ''}`;
      try {
        await makeContext('demo', 'FROM scratch\nADD note /through-ssh', { note: 'x' });
        const remote = (): Promise<Engine> => connectEngine({ DOCKER_HOST: 'ssh://me@build.test' });
        assert.deepEqual(await names('./demo', { engine: remote }), ['through-ssh']);
      } finally {
        process.env['PATH'] = PATH;
      }
    });

    it('end when they are interrupted', async () => {
      const dockerfile = 'FROM scratch\nCOPY busybox /bin/sh\nCOPY busybox /bin/sleep\nRUN sleep 60';
      await makeContext('slow', dockerfile, { 'build.yml': 'image: slow\n' });
      const interrupt = new AbortController();
      const building = bench.refusal('pkg:./slow', { engine, signal: interrupt.signal });
      while (!bench.shown.some((text) => text.includes('RUN sleep'))) await sleep(50);
      interrupt.abort();
      assert.equal((await building).name, 'AbortError');
    });

    it('are refused before any engine is asked', async () => {
      await makeContext('demo', 'FROM scratch');
      await makeContext('ignoring', 'FROM scratch', { '.dockerignore': '[a' });
      await mkdir(bench.path('bare'));
      await mkdir(bench.path('package'));
      const refuses = async (
        build: { context: string; dockerfile?: string; platform?: string },
        code: string,
        message: RegExp,
      ): Promise<void> => {
        const refused = await bench.refusal(build.context, { engine: noEngine, build });
        assert.match(refused.message, message);
        assert.deepEqual([refused.code, refused.kind, refused.at], [code, 'input', bench.at]);
      };
      await refuses({ context: './missing' }, 'no-image', /there is no folder .*missing/);
      await refuses({ context: './bare' }, 'no-image', /neither a build\.yml nor a Dockerfile/);
      await refuses({ context: './demo', dockerfile: 'None' }, 'bad-dockerfile', /there is no .*demo\/None/);
      await refuses({ context: './demo', platform: 'linux/arm64' }, 'wrong-architecture', /built for linux\/arm64/);
      await refuses({ context: './ignoring' }, 'bad-context', /\.dockerignore: "\[a" is no pattern/);
      for (const [text, message] of [
        ['extra-sources: [../missing:x]', /needs .*missing, which is not there/],
        ['extra-sources: [../demo:../x]', /leads out of the package/],
        ['buildArgs: ["X=@lkt:pkg:y"]', /"X=@lkt:pkg:y" is no build argument/],
        ['arches: [arm64]', /is for arm64, not for amd64/],
        ['depends: {docker-images: {list: [x], target-dir: y}}', /"depends" is not supported/],
      ] as const) {
        await makeContext('package', 'FROM scratch', { 'build.yml': `image: demo\n${text}\n` });
        assert.match((await bench.refusal('pkg:./package', { engine: noEngine })).message, message);
      }
    });

    it('are refused where the Dockerfile is not valid', async () => {
      await makeContext('demo', 'FROM scratch\n\nCOPPY a b\n');
      const refused = await bench.refusal('./demo', { engine });
      assert.deepEqual([refused.code, refused.kind, refused.at?.line], ['bad-dockerfile', 'input', 3]);
      assert.match(refused.message, /unknown instruction: COPPY/);
      await makeContext('other', 'FROM scratch\nADD missing /x\n');
      const missing = await bench.refusal('./other', { engine });
      assert.match(missing.message, /missing/);
      assert.equal(missing.at?.line, 2);
    });
  });
});
