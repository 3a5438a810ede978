import { availableParallelism } from 'node:os';
import type { Reporter } from '../report/index.ts';
import type { Store } from '../store/index.ts';
import { type Run, together } from '../work/index.ts';
import type { InitrdCompression } from './compression.ts';

/** What packing a system takes. */
export interface PackContext {
  readonly store: Store;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
  /** @default 'gzip' */
  readonly compression?: InitrdCompression | undefined;
}

/** A context in which pieces of work wait for their turn. */
export interface PackingContext extends PackContext {
  readonly run: Run;
}

/** Has independent pieces of work done side by side, one for each processor of the host. */
export function packTogether<Context extends PackContext, Result>(
  context: Context,
  body: (context: Context & PackingContext) => Promise<Result>,
): Promise<Result> {
  return together(availableParallelism(), context.signal, (run) => body({ ...context, run }));
}

/** A step of the report around work that makes a file, or finds it made. */
export async function reported<Made extends { readonly cached: boolean }>(
  { reporter }: PackContext,
  name: string,
  work: () => Promise<Made>,
): Promise<Made> {
  const step = reporter.step(name);
  try {
    const made = await work();
    step.end(made.cached ? 'cached' : 'done');
    return made;
  } catch (error) {
    step.fail();
    throw error;
  }
}
