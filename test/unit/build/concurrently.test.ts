import assert from 'node:assert/strict';
import { concurrently } from '../../../pkg/build/concurrently.ts';

describe('concurrently', () => {
  it('keeps the order of the items, whatever finishes first', async () => {
    const delays = [20, 1, 10];
    const results = await concurrently(delays, 3, async (delay) => {
      await new Promise((resolve) => setTimeout(resolve, delay));
      return delay;
    });
    assert.deepEqual(results, delays);
  });

  it('never has more than the limit under way', async () => {
    let running = 0;
    let most = 0;
    await concurrently([1, 2, 3, 4, 5, 6], 2, async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
    });
    assert.equal(most, 2);
  });

  it('starts nothing after a failure, and waits for what is running', async () => {
    const finished: number[] = [];
    await assert.rejects(
      concurrently([1, 2, 3, 4], 2, async (item) => {
        if (item === 1) throw new Error('first');
        await new Promise((resolve) => setTimeout(resolve, 5));
        finished.push(item);
      }),
      /^Error: first$/,
    );
    assert.deepEqual(finished, [2]);
  });
});
