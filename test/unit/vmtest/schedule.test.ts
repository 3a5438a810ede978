import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Claim, fits, runWithin } from '../../../pkg/vmtest/schedule.ts';

const host = { jobs: 4, cpus: 4, memoryMiB: 1000 };
const claim = (cpus: number, memoryMiB = 100): Claim => ({ cpus, memoryMiB });

describe('machines at the same time', () => {
  it('are as many as the host has processors, memory and jobs for', () => {
    assert.ok(fits(claim(2), [claim(2)], host));
    assert.ok(!fits(claim(2), [claim(2), claim(1)], host));
    assert.ok(!fits(claim(1, 600), [claim(1, 600)], host));
    assert.ok(!fits(claim(1), [claim(1)], { ...host, jobs: 1 }));
  });

  it('include at least one, however large', () => {
    assert.ok(fits(claim(64, 100_000), [], host));
  });

  it('give their results in the order of the tests, whichever ends first', async () => {
    let most = 0;
    let now = 0;
    const items = [30, 1, 20, 1, 10, 1].map((ms) => ({ ...claim(1), ms }));
    const results = await runWithin(items, { ...host, jobs: 2 }, async ({ ms }) => {
      most = Math.max(most, ++now);
      await sleep(ms);
      now--;
      return ms;
    });
    assert.deepEqual(results, [30, 1, 20, 1, 10, 1]);
    assert.equal(most, 2);
  });

  it('let a small one overtake what has to wait for room', async () => {
    const order: string[] = [];
    const items = [
      { ...claim(3), name: 'first' },
      { ...claim(4), name: 'large' },
      { ...claim(1), name: 'small' },
    ];
    await runWithin(items, host, async ({ name }) => {
      order.push(name);
      await sleep(5);
    });
    assert.deepEqual(order, ['first', 'small', 'large']);
  });

  it('start no more after an error, and end before it is thrown', async () => {
    let running = 0;
    let started = 0;
    const work = async (item: { readonly fails: boolean }): Promise<void> => {
      started++;
      running++;
      await sleep(item.fails ? 1 : 20);
      running--;
      if (item.fails) throw new Error('no room on the disk');
    };
    const items = [true, false, false].map((fails) => ({ ...claim(2), fails }));
    await assert.rejects(runWithin(items, host, work), /no room/);
    assert.deepEqual([started, running], [2, 0]);
  });
});
