/** A process of its own that uses a store, for tests that kill it or run several at once. */
import { randomBytes } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { mediaTypes, sha256 } from '../../../pkg/image/index.ts';
import { clean, Store, StoreError } from '../../../pkg/store/index.ts';

const [mode, directory = '', log = ''] = process.argv.slice(2);

/** Changes everything in a store, until it is killed. */
async function churn(store: Store): Promise<never> {
  for (let round = 0; ; round++) {
    const descriptor = await store.putBytes(randomBytes(300_000), mediaTypes.layer);
    await store.tag(`churn/${process.pid}:${round}`, descriptor);
    const content = `content ${process.pid} ${round}`;
    await store.derived({ kind: 'churn', version: 1, inputs: { content } }, (file) => writeFile(file, content));
  }
}

/** Makes what other processes want as well. */
async function derive(store: Store): Promise<void> {
  await store.derived({ kind: 'shared', version: 1, inputs: {} }, async (file) => {
    await appendFile(log, `${process.pid}\n`);
    await sleep(300);
    await writeFile(file, 'shared');
  });
}

/** Keeps the store open, and uses one blob when it is told to. */
async function hold(store: Store): Promise<void> {
  process.stdout.write(`${String(await store.hasBlob(log as `sha256:${string}`))}\n`);
  await new Promise(() => setInterval(() => undefined, 1000));
}

/** Relies on each of many blobs and derived files; one that was there a moment ago has to be there still. */
async function rely(store: Store): Promise<void> {
  for (let number = 0; number < 60; number++) {
    const content = `content ${number}`;
    const digest = sha256(content);
    if (!(await store.hasBlob(digest))) await store.writeBlob([Buffer.from(content)]);
    await store.readBlob({ digest, size: content.length });
    const derived = await store.derived({ kind: 'rely', version: 1, inputs: { content } }, (file) =>
      writeFile(file, content),
    );
    if ((await readFile(derived.path, 'utf8')) !== content) throw new Error('not what it was');
  }
}

try {
  const store = await Store.open(directory);
  process.stdout.write('ready\n');
  if (mode === 'churn') await churn(store);
  else if (mode === 'derive') await derive(store);
  else if (mode === 'hold') await hold(store);
  else if (mode === 'clean') await clean(store);
  else if (mode === 'rely') await rely(store);
  else await store.writeBlob([Buffer.alloc(4 << 20)]);
} catch (error) {
  if (!(error instanceof StoreError)) throw error;
  process.stdout.write(`${JSON.stringify({ code: error.code, message: error.message, hint: error.hint })}\n`);
}
