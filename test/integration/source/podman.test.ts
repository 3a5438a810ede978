import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectEngine, type Engine } from '../../../pkg/engine/index.ts';
import { Workbench } from './workbench.ts';

describe('images of Podman, by its socket', function () {
  this.timeout(60_000);
  let bench: Workbench;
  let stop: () => Promise<void>;
  let engine: () => Promise<Engine>;

  before(async () => {
    bench = await Workbench.open();
    const store = ['--root', bench.path('root'), '--runroot', bench.path('run'), '--storage-driver', 'vfs'];
    const address = `unix://${bench.path('podman.sock')}`;
    const service = spawn('podman', [...store, 'system', 'service', '--time', '0', address], { stdio: 'ignore' });
    const ended = once(service, 'close');
    stop = async () => {
      service.kill();
      await ended;
    };
    engine = () => connectEngine({ DOCKER_HOST: address });
    for (let waitedMs = 0; waitedMs < 20_000; waitedMs += 200) {
      if ((await engine().catch(() => undefined)) !== undefined) return;
      await sleep(200);
    }
    throw new Error('podman does not answer');
  });
  after(async () => {
    await stop();
    await bench.close();
  });

  async function build(files: Readonly<Record<string, string>>, dockerfile = 'Dockerfile'): Promise<readonly string[]> {
    const folder = bench.path('demo');
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
    const image = await bench.resolve('./demo', { engine, build: { context: './demo', dockerfile } });
    return (await bench.tree(image)).map((line) => JSON.parse(line.split(' ')[0] ?? '') as string).filter(Boolean);
  }

  it('are built, without what .dockerignore leaves out', async () => {
    assert.match((await engine()).version, /^Podman/);
    const files = { Dockerfile: 'FROM scratch\nCOPY . /\n', note: 'x', other: 'x' };
    assert.deepEqual(await build(files), ['Dockerfile', 'note', 'other']);
    assert.deepEqual(await build({ ...files, '.dockerignore': 'Dockerfile\nother' }), ['.dockerignore', 'note']);
    assert.deepEqual(await build({ ...files, '.dockerignore': '*\n!note' }), ['note']);
    await writeFile(bench.path('Outside'), files.Dockerfile);
    assert.deepEqual(await build({ note: 'x' }, '../Outside'), ['note']);
  });

  it('are exported by their names', async () => {
    await build({ Dockerfile: 'FROM scratch\nCOPY note /\n', note: 'x' });
    const image = await bench.resolve('docker-daemon:lkit-build/demo:amd64', { engine });
    assert.deepEqual(
      (await bench.tree(image)).map((line) => line.split(' ')[0]),
      ['""', '"note"'],
    );
    const refused = await bench.refusal('docker-daemon:nothing:1', { engine });
    assert.equal(refused.code, 'no-image');
  });
});
