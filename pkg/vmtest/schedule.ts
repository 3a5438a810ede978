/** What a machine takes of the host. */
export interface Claim {
  readonly cpus: number;
  readonly memoryMiB: number;
}

export interface Capacity extends Claim {
  /** How many may run at the same time at most. */
  readonly jobs: number;
}

/**
 * Runs work in parallel, as much at a time as the host has room for; what needs more than there is runs alone. Starts in
 * the order given, save that something small may overtake what has to wait for room.
 *
 * @returns the results in the order given
 * @throws the first error, when everything that had begun has ended
 */
export async function runWithin<Item extends Claim, Result>(
  items: readonly Item[],
  capacity: Capacity,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const waiting = [...items.entries()];
  const running = new Map<number, { readonly item: Item; readonly done: Promise<void> }>();
  let failure: { readonly error: unknown } | undefined;
  while (waiting.length > 0 || running.size > 0) {
    const taken = [...running.values()].map(({ item }) => item);
    const next = failure === undefined ? waiting.findIndex(([, item]) => fits(item, taken, capacity)) : -1;
    if (next < 0) {
      if (running.size === 0) break;
      await Promise.race([...running.values()].map(({ done }) => done));
      continue;
    }
    for (const [index, item] of waiting.splice(next, 1)) {
      const done = work(item)
        .then(
          (result) => {
            results[index] = result;
          },
          (error: unknown) => {
            failure ??= { error };
          },
        )
        .finally(() => running.delete(index));
      running.set(index, { item, done });
    }
  }
  if (failure !== undefined) throw failure.error;
  return results;
}

/** Whether another one may start beside those that run. Pure. */
export function fits(next: Claim, running: readonly Claim[], { jobs, cpus, memoryMiB }: Capacity): boolean {
  if (running.length === 0) return true;
  const sum = (of: (claim: Claim) => number): number => running.reduce((total, each) => total + of(each), of(next));
  return running.length < jobs && sum((each) => each.cpus) <= cpus && sum((each) => each.memoryMiB) <= memoryMiB;
}
