import type { Architecture, Digest } from '../image/index.ts';
import { resolveImage } from '../source/index.ts';
import type { NamedImage } from '../spec/index.ts';
import {
  incompleteImages,
  listStore,
  recordedBuilds,
  recordedPulls,
  type Store,
  type UsedImage,
} from '../store/index.ts';
import { byDigest } from './locked.ts';
import { type ImageOptions, sourceContext } from './resolve.ts';

/** An image that lacked parts, and whether it is whole again. */
export interface Repair {
  readonly digest: Digest;
  readonly names: readonly string[];
  /** Why it is not. */
  readonly failure?: string;
}

/** Gets images that lack parts again, from where builds, pulls or their own names say that they come from. */
export async function repairImages(options: ImageOptions): Promise<readonly Repair[]> {
  const { store } = options;
  const used = [...(await recordedBuilds(store)).flatMap(({ images }) => images), ...(await recordedPulls(store))];
  const failures = new Map<Digest, string>();
  const incomplete = await incompleteImages(store);
  const { images: listed } = await listStore(store);
  for (const { digest, names } of incomplete) {
    const origins = used.filter((each) => each.digest === digest).map(imageOf);
    const named = names.filter(isInRegistry).flatMap((name) => {
      const same = listed.filter((each) => each.digest === digest || each.names.includes(name));
      const known = same.flatMap(({ architecture }) => (architecture === undefined ? [] : [architecture]));
      const architectures = known.length > 0 ? [...new Set(known)] : [options.arch];
      return architectures.map((arch) => ({ image: imageNamed(`docker://${name}`), arch: arch as Architecture }));
    });
    const wanted = [...origins, ...named];
    const exact = wanted.map(({ image, arch }) => ({ image: byDigest(image, digest), arch }));
    for (const { image, arch } of [...wanted, ...exact]) {
      if (!(await isIncomplete(store, digest))) break;
      const failure = await attempt(image, { ...options, arch });
      if (failure !== undefined && !failures.has(digest)) failures.set(digest, failure);
    }
  }
  const still = new Set((await incompleteImages(store)).map(({ digest }) => digest));
  return incomplete.map(({ digest, names }) => {
    if (!still.has(digest)) return { digest, names };
    return { digest, names, failure: failures.get(digest) ?? 'nothing says where it comes from, or it is another now' };
  });
}

async function isIncomplete(store: Store, digest: Digest): Promise<boolean> {
  return (await incompleteImages(store)).some((image) => image.digest === digest);
}

/** Whether an image's name in the store is that of a registry's image, which begins with a host. */
function isInRegistry(name: string): boolean {
  return /^(?:localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)+|[a-z0-9.-]+(?=:\d))(?::\d+)?\//.test(name);
}

function imageOf({ text, baseDir, build, architecture }: UsedImage): { image: NamedImage; arch: Architecture } {
  const image = {
    ...imageNamed(text),
    baseDir,
    ...(build && { build: build as unknown as NonNullable<NamedImage['build']> }),
  };
  return { image, arch: architecture as Architecture };
}

function imageNamed(text: string): NamedImage {
  return { text, baseDir: '/' };
}

async function attempt(image: NamedImage, options: ImageOptions): Promise<string | undefined> {
  try {
    await resolveImage(image, sourceContext(options));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
