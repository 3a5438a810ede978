/** A process of its own that uses a store, for tests that kill it or run several at once. */
import { randomBytes } from 'node:crypto';
import { appendFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { mediaTypes } from '../../../pkg/image/index.ts';
import { Store, StoreError } from '../../../pkg/store/index.ts';

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

try {
  const store = await Store.open(directory);
  process.stdout.write('ready\n');
  if (mode === 'churn') await churn(store);
  else if (mode === 'derive') await derive(store);
  else await store.writeBlob([Buffer.alloc(4 << 20)]);
} catch (error) {
  if (!(error instanceof StoreError)) throw error;
  process.stdout.write(`${JSON.stringify({ code: error.code, message: error.message, hint: error.hint })}\n`);
}
