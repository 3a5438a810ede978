import { stat } from 'node:fs/promises';
import { defaultSquashfsLevel, type Member, packSquashfs, squashfsVersion } from '../archive/index.ts';
import { type StoredImage, type Treatment, treatmentVersion } from '../image/index.ts';
import type { Reporter } from '../report/index.ts';
import { imageTree, type Store } from '../store/index.ts';

/** A packed file tree: a file of the store, under the name it has in the guest. */
export interface SquashedTree {
  /** Unique within the system, and the same for the same content. */
  readonly id: string;
  readonly file: string;
  readonly size: number;
}

export interface SquashContext {
  readonly store: Store;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
}

/** An image's tree as squashfs, packed once for each image and treatment. `name` is for the progress report. */
export async function squashImage(
  context: SquashContext,
  image: StoredImage,
  treatment: Treatment,
  name: string,
): Promise<SquashedTree> {
  const inputs = { image: image.descriptor.digest, treatment, treatmentVersion };
  return await squash(context, inputs, name, () => imageTree(context.store, image, { treatment }));
}

/** A tree as squashfs, packed once for each set of `inputs`, which must name everything that `members` depends on. */
export async function squash(
  { store, reporter, signal }: SquashContext,
  inputs: Readonly<Record<string, string>>,
  name: string,
  members: () => AsyncIterable<Member>,
): Promise<SquashedTree> {
  const step = reporter.step(`pack ${name}`);
  try {
    const key = {
      kind: 'squashfs',
      version: 1,
      inputs: { ...inputs, format: squashfsVersion, level: String(defaultSquashfsLevel) },
    };
    const derived = await store.derived(key, (target) => packSquashfs(members(), target, signal ? { signal } : {}));
    step.end(derived.cached ? 'cached' : 'done');
    const { size } = await stat(derived.path);
    return { id: derived.path.slice(-64).slice(0, 16), file: derived.path, size };
  } catch (error) {
    step.fail();
    throw error;
  }
}
