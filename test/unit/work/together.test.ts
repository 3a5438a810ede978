import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { type Run, together } from '../../../pkg/work/index.ts';

/** Work that ends when it is told to, or is aborted. */
class Task {
  started = false;
  ended = false;
  finish: () => void = () => undefined;

  readonly work = async (signal: AbortSignal): Promise<this> => {
    this.started = true;
    try {
      await new Promise<void>((resolve, reject) => {
        this.finish = resolve;
        signal.addEventListener('abort', () => {
          reject(new Error('aborted'));
        });
      });
      return this;
    } finally {
      await setImmediate();
      this.ended = true;
    }
  };
}

const all =
  (tasks: readonly Task[]) =>
  (run: Run): Promise<readonly Task[]> =>
    Promise.all(tasks.map((task) => run(task.work)));

describe('together', () => {
  it('runs no more than the limit at a time, in order, and gives all results', async () => {
    const tasks = [new Task(), new Task(), new Task(), new Task()] as const;
    const results = together(2, undefined, all(tasks));
    await setImmediate();
    assert.deepEqual(
      tasks.map(({ started }) => started),
      [true, true, false, false],
    );
    tasks[1].finish();
    for (let turn = 0; turn < 3; turn++) await setImmediate();
    assert.deepEqual(
      tasks.map(({ started }) => started),
      [true, true, true, false],
    );
    tasks[0].finish();
    tasks[2].finish();
    for (let turn = 0; turn < 3; turn++) await setImmediate();
    tasks[3].finish();
    assert.deepEqual(await results, tasks);
  });

  it('takes the largest of those that are there', async () => {
    const order: number[] = [];
    await together(1, undefined, (run) =>
      Promise.all([0, 3, 5, 3, 9].map((size, index) => run(() => Promise.resolve(order.push(index)), size))),
    );
    assert.deepEqual(order, [4, 2, 1, 3, 0]);
  });

  it('ends everything at the first failure, and throws that one after all has ended', async () => {
    const tasks = [new Task(), new Task(), new Task()] as const;
    const failure = new Error('no such file');
    const results = together(2, undefined, (run) =>
      Promise.all([run(tasks[0].work), run(() => Promise.reject(failure)), run(tasks[1].work), run(tasks[2].work)]),
    );
    await assert.rejects(results, failure);
    assert.deepEqual(
      tasks.map(({ started, ended }) => [started, ended]),
      [
        [true, true],
        [false, false],
        [false, false],
      ],
    );
  });

  it('ends everything when it is told to, with the reason', async () => {
    const tasks = [new Task(), new Task()] as const;
    const stop = new AbortController();
    const results = together(1, stop.signal, all(tasks));
    await setImmediate();
    const reason = new Error('interrupted');
    stop.abort(reason);
    await assert.rejects(results, reason);
    assert.deepEqual([tasks[0].ended, tasks[1].started], [true, false]);
  });

  it('passes on what the body itself throws', async () => {
    const failure = new Error('bad plan');
    await assert.rejects(
      together(1, undefined, () => Promise.reject(failure)),
      failure,
    );
  });
});
