import assert from 'node:assert/strict';
import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sha256 } from '../../../pkg/image/index.ts';
import { clean, prune, Store } from '../../../pkg/store/index.ts';
import { derivedName } from '../../../pkg/store/key.ts';
import type * as lock from '../../../pkg/store/lock.ts';

const worker = fileURLToPath(new URL('worker.ts', import.meta.url));
const command = [process.execPath, '--import', import.meta.resolve('tsx'), worker] as const;

function start(mode: string, ...args: readonly string[]): ChildProcessByStdio<null, Readable, null> {
  const [program, ...options] = command;
  return spawn(program, [...options, mode, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Every blob and derived file is whole, the index can be read, and nothing unfinished is left. */
async function assertClean(directory: string): Promise<void> {
  const store = await Store.open(directory);
  for (const name of await readdir(path.join(directory, 'blobs/sha256'))) {
    assert.equal(sha256(await readFile(path.join(directory, 'blobs/sha256', name))), `sha256:${name}`);
  }
  for (const name of await readdir(path.join(directory, 'derived/churn')).catch(() => [])) {
    const content = await readFile(path.join(directory, 'derived/churn', name), 'utf8');
    assert.equal(derivedName({ kind: 'churn', version: 1, inputs: { content } }), `churn/${name}`);
  }
  for (const { digest } of (await store.index()).manifests) assert.ok(await store.hasBlob(digest));
  assert.deepEqual(await readdir(path.join(directory, 'tmp')), []);
}

describe('a store and its processes', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'lkit-store-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('is whole after a kill at any moment, and goes on at once', async function () {
    this.timeout(120_000);
    for (let round = 0; round < 12; round++) {
      const children = [start('churn', directory), start('churn', directory)];
      for (const { stdout } of children) await once(stdout, 'data');
      await sleep(Math.random() * 150);
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(children.map((child) => once(child, 'close')));
      await assertClean(directory);
      const store = await Store.open(directory);
      await store.tag('after', await store.putBytes(Buffer.from(String(round)), 'text/plain'));
    }
  });

  it('makes a derived file once for four processes', async function () {
    this.timeout(30_000);
    const log = path.join(directory, 'log');
    const children = Array.from({ length: 4 }, () => start('derive', directory, log));
    const codes = await Promise.all(children.map((child) => once(child, 'close').then(([code]) => code as unknown)));
    assert.deepEqual(codes, [0, 0, 0, 0]);
    assert.equal((await readFile(log, 'utf8')).trim().split('\n').length, 1);
  });

  it('takes over from a process that was killed while others wait for it', async function () {
    this.timeout(30_000);
    const log = path.join(directory, 'log');
    await writeFile(log, '');
    const children = Array.from({ length: 4 }, () => start('derive', directory, log));
    const ended = children.map((child) => once(child, 'close').then(([code]) => code as unknown));
    while ((await readFile(log, 'utf8')) === '') await sleep(10);
    const first = Number((await readFile(log, 'utf8')).trim());
    process.kill(first, 'SIGKILL');
    assert.deepEqual((await Promise.all(ended)).filter((code) => code === 0).length, 3);
    assert.equal((await readFile(log, 'utf8')).trim().split('\n').length, 2);
    await assertClean(directory);
  });

  /** As if all of it had been used an hour ago. */
  async function age(): Promise<void> {
    const then = Date.now() / 1000 - 3600;
    for (const name of ['blobs', 'derived']) {
      const entries = await readdir(path.join(directory, name), { recursive: true, withFileTypes: true }).catch(
        () => [],
      );
      const files = entries.filter((entry) => entry.isFile());
      await Promise.all(files.map((entry) => utimes(path.join(entry.parentPath, entry.name), then, then)));
    }
  }

  it('keeps what a running process uses, however hard others clean, until it ends', async function () {
    this.timeout(30_000);
    const store = await Store.open(directory);
    const [used, unused] = [
      await store.putBytes(Buffer.from('used'), 'x'),
      await store.putBytes(Buffer.from('not'), 'x'),
    ];
    await age();
    const child = start('hold', directory, used.digest);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    while (!output.includes('true')) await sleep(10);
    assert.equal((await clean(store, { dryRun: true })).blobs.length, 1);
    await clean(store);
    await prune(store, { keepMs: 0, maxBytes: 0 });
    const left = await readdir(path.join(directory, 'blobs/sha256'));
    assert.deepEqual(left, [used.digest.slice('sha256:'.length)]);
    assert.ok(!left.includes(unused.digest));
    child.kill('SIGKILL');
    await once(child, 'close');
    await age();
    assert.equal((await prune(store, { keepMs: 0 })).blobs.length, 1);
  });

  it('removes nothing from under processes that rely on it, whenever they look', async function () {
    this.timeout(90_000);
    const store = await Store.open(directory);
    for (let round = 0; round < 2; round++) {
      await once(start('rely', directory), 'close');
      await age();
      const children = [start('rely', directory), start('rely', directory)];
      const ended = children.map((child) => once(child, 'close').then(([code]) => code as unknown));
      const workers = { running: true };
      void Promise.all(ended).then(() => (workers.running = false));
      let removed = 0;
      while (workers.running) {
        removed += (await clean(store)).blobs.length;
        await sleep(Math.random() * 60);
      }
      assert.deepEqual(await Promise.all(ended), [0, 0]);
      assert.ok(removed > 0);
    }
  });

  it('goes on after a process was killed while it removed things', async function () {
    this.timeout(60_000);
    for (let round = 0; round < 5; round++) {
      const store = await Store.open(directory);
      for (let number = 0; number < 200; number++) await store.putBytes(Buffer.from(`${number}`), 'x');
      await age();
      const child = start('clean', directory);
      await once(child.stdout, 'data');
      await sleep(Math.random() * 40);
      child.kill('SIGKILL');
      await once(child, 'close');
      const descriptor = await store.putBytes(Buffer.from('1'), 'x');
      assert.ok(await store.hasBlob(descriptor));
      await clean(store);
      await assertClean(directory);
    }
  });

  async function onMount(options: string): Promise<{ readonly code: string; readonly hint: string }> {
    const script = `mount -t tmpfs -o ${options} tmpfs ${directory} && exec "$@"`;
    const args = ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', ...command, 'write', directory];
    const { stdout } = await promisify(execFile)('unshare', args);
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { readonly code: string; readonly hint: string };
  }

  it('says that the disk is full', async function () {
    this.timeout(20_000);
    const { code, hint } = await onMount('size=1m');
    assert.equal(code, 'disk-full');
    assert.match(hint, /LKIT_CACHE/);
  });

  it('says that it cannot write', async function () {
    this.timeout(20_000);
    const { code, hint } = await onMount('ro');
    assert.equal(code, 'not-writable');
    assert.match(hint, /LKIT_CACHE/);
  });

  it('waits no longer than it was told for a lock that a living process keeps', async () => {
    const store = await Store.open(directory);
    const other = new URL('../../../pkg/store/lock.ts', import.meta.url).href;
    // A second copy of the module does not share the queue of this process, as another process would not.
    const { withLock } = (await import(`${other}?copy`)) as typeof lock;
    await store.exclusively('busy', 0, async () => {
      const options = { temporaryFolder: path.join(directory, 'tmp'), waitMs: 60 };
      await assert.rejects(
        withLock(path.join(directory, 'locks/busy.lock'), options, () => Promise.resolve()),
        (error: Error) => error.message.includes(String(process.pid)),
      );
    });
    await store.exclusively('busy', 0, () => Promise.resolve());
  });
});
