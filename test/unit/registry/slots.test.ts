import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { allOrNone, Slots } from '../../../pkg/registry/slots.ts';

describe('transfers side by side', () => {
  it('are so many at once, and a failure frees its place', async () => {
    const slots = new Slots(2);
    let running = 0;
    let most = 0;
    const work = async (number: number): Promise<void> => {
      most = Math.max(most, ++running);
      await sleep(2);
      running--;
      if (number === 3) throw new Error('third');
    };
    const all = [1, 2, 3, 4, 5, 6].map((number) => slots.run(() => work(number)));
    const ended = await Promise.allSettled(all);
    assert.equal(most, 2);
    assert.deepEqual(
      ended.map(({ status }) => status === 'fulfilled'),
      [true, true, false, true, true, true],
    );
  });

  it('stop one another when one fails, and are all over then', async () => {
    let over = 0;
    const work = async (number: number, signal: AbortSignal): Promise<void> => {
      try {
        if (number === 2) throw new Error('second');
        await sleep(60_000, undefined, { signal });
      } finally {
        over++;
      }
    };
    await assert.rejects(allOrNone([1, 2, 3], undefined, work), { message: 'second' });
    assert.equal(over, 3);
  });
});
