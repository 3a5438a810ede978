import assert from 'node:assert/strict';
import type { Digest } from '../../../pkg/image/index.ts';
import type { Inventory } from '../../../pkg/store/index.ts';
import { planClean, planPrune, planRemove } from '../../../pkg/store/prune.ts';

/** `a` → a digest that reads so. */
const digest = (letters: string): Digest => `sha256:${letters.padEnd(64, '0')}`;
const letters = (digests: readonly Digest[]): string =>
  digests
    .map((each) => each.slice('sha256:'.length).replace(/0+$/, ''))
    .sort()
    .join(' ');

interface Given {
  /** Blobs: size and moment of last use. */
  readonly blobs: Readonly<Record<string, readonly [size: number, usedAt: number]>>;
  /** Manifests: what they need. */
  readonly manifests?: Readonly<
    Record<string, { readonly parts: readonly string[]; readonly packages?: readonly string[] }>
  >;
  readonly names?: Readonly<Record<string, string>>;
  /** Derived files: size, moment of last use, the image that it was made from. */
  readonly derived?: Readonly<Record<string, readonly [size: number, usedAt: number, image: string]>>;
  readonly builds?: Readonly<
    Record<string, { readonly images: readonly string[]; readonly usedAt: number; readonly isLocked: boolean }>
  >;
}

function inventory({ blobs, manifests = {}, names = {}, derived = {}, builds = {} }: Given): Inventory {
  return {
    names: Object.entries(names).map(([name, image]) => ({ name, digest: digest(image) })),
    blobs: new Map(Object.entries(blobs).map(([name, [size, usedAt]]) => [digest(name), { size, usedAt }])),
    manifests: new Map(
      Object.entries(manifests).map(([name, { parts, packages = [] }]) => [
        digest(name),
        { kind: 'manifest', parts: parts.map(digest), config: undefined, packages: packages.map(digest) },
      ]),
    ),
    derived: Object.entries(derived).map(([name, [size, usedAt, image]]) => {
      return { name, size, usedAt, record: { inputs: { image: digest(image) }, digest: digest('d'), size } };
    }),
    builds: Object.entries(builds).map(([id, { images, usedAt, isLocked }]) => ({
      ...{ id, usedAt, isLocked, lock: `/${id}.lock.json` },
      images: images.map((image) => ({ text: image, baseDir: '/', architecture: 'amd64', digest: digest(image) })),
    })),
    pulls: [],
    stateBytes: 0,
  };
}

const hash = '0123456789abcdef0123456789abcdef';
const recently = { keepSince: 100, inUseSince: Infinity };

/** Two images, a and b, that share the layer c; both were used long ago. */
const shared: Given = {
  blobs: { a: [10, 1], a1: [100, 1], b: [10, 1], b1: [200, 1], c: [1000, 1] },
  manifests: { a: { parts: ['a1', 'c'] }, b: { parts: ['b1', 'c'] } },
};

describe('prune', () => {
  it('keeps images with a name, and removes those without', () => {
    const removal = planPrune(inventory({ ...shared, names: { 'docker.io/library/alpine:3': 'a' } }), recently);
    assert.equal(letters(removal.blobs), 'b b1');
    assert.deepEqual([removal.freed, removal.left], [210, 1110]);
    assert.deepEqual(removal.names, []);
  });

  it('keeps what was used since, with all that it needs', () => {
    const used = { ...shared.blobs, b: [10, 100] as const };
    assert.equal(letters(planPrune(inventory({ ...shared, blobs: used }), recently).blobs), 'a a1');
  });

  it('takes names away that lkit gave, when they were not used since', () => {
    const names = { [`pkg/kernel:${hash}-amd64-v1`]: 'a', [`rootfs/x:${hash}-amd64`]: 'b' };
    const removal = planPrune(inventory({ ...shared, names }), recently);
    assert.deepEqual(removal.names, Object.keys(names));
    assert.equal(removal.left, 0);
  });

  it('keeps locked images as long as the lock file is there', () => {
    const builds = {
      x: { images: ['a'], usedAt: 1, isLocked: true },
      y: { images: ['b'], usedAt: 1, isLocked: false },
    };
    const names = { [`pkg/kernel:${hash}-amd64-v1`]: 'a' };
    const removal = planPrune(inventory({ ...shared, names, builds }), recently);
    assert.equal(letters(removal.blobs), 'b b1');
    assert.deepEqual([removal.names, removal.builds], [[], ['y']]);
  });

  it('keeps what a build used recently, locked or not', () => {
    const builds = { y: { images: ['b'], usedAt: 100, isLocked: false } };
    assert.equal(letters(planPrune(inventory({ ...shared, builds }), recently).blobs), 'a a1');
  });

  it('keeps the Debian packages of the images that it keeps', () => {
    const given: Given = {
      blobs: { a: [1, 1], a1: [1, 1], deb1: [1, 1], deb2: [1, 1] },
      manifests: { a: { parts: ['a1'], packages: ['deb1'] } },
      names: { 'example.org/a:1': 'a' },
    };
    assert.equal(letters(planPrune(inventory(given), recently).blobs), 'deb2');
  });

  it('keeps what was made of images that it keeps, or was used since', () => {
    const derived = { 'squashfs/1': [5, 1, 'a'], 'squashfs/2': [5, 1, 'b'], 'squashfs/3': [5, 100, 'b'] } as const;
    const removal = planPrune(inventory({ ...shared, derived, names: { 'example.org/a:1': 'a' } }), recently);
    assert.deepEqual(removal.derived, ['squashfs/2']);
  });

  it('keeps an index with the images that it lists', () => {
    const given: Given = {
      ...shared,
      blobs: { ...shared.blobs, i: [1, 1] },
      manifests: { ...shared.manifests, i: { parts: ['a', 'b'] } },
      names: { 'example.org/i:1': 'i' },
    };
    assert.deepEqual(planPrune(inventory(given), recently).blobs, []);
  });

  describe('with a size', () => {
    const given: Given = {
      blobs: { a: [10, 1], a1: [100, 1], b: [10, 3], b1: [200, 3], c: [1000, 3] },
      manifests: { a: { parts: ['a1', 'c'] }, b: { parts: ['b1', 'c'] } },
      names: { 'example.org/a:1': 'a', 'example.org/b:1': 'b' },
      derived: { 'squashfs/a': [500, 2, 'a'], 'squashfs/b': [500, 4, 'b'] },
    };
    const fits = (maxBytes: number, changes: Partial<Given> = {}, inUseSince = Infinity): readonly unknown[] => {
      const plan = planPrune(inventory({ ...given, ...changes }), { keepSince: 0, maxBytes, inUseSince });
      return [letters(plan.blobs), plan.derived, plan.left];
    };

    it('removes nothing that fits', () => {
      assert.deepEqual(fits(2320), ['', [], 2320]);
    });

    it('removes what was used longest ago first, and no more than it has to', () => {
      assert.deepEqual(fits(2300), ['a a1', [], 2210]);
      assert.deepEqual(fits(2000), ['a a1', ['squashfs/a'], 1710]);
      assert.deepEqual(fits(1000), ['a a1 b b1 c', ['squashfs/a'], 500]);
      assert.deepEqual(fits(0), ['a a1 b b1 c', ['squashfs/a', 'squashfs/b'], 0]);
    });

    it('leaves locked images alone, though not what was made of them', () => {
      const builds = { x: { images: ['a'], usedAt: 1, isLocked: true } };
      assert.deepEqual(fits(0, { builds }), ['b b1', ['squashfs/a', 'squashfs/b'], 1110]);
    });

    it('leaves what a running process may use', () => {
      assert.deepEqual(fits(0, {}, 3), ['a a1', ['squashfs/a'], 1710]);
    });
  });
});

describe('rm', () => {
  const derived = { 'squashfs/1': [5, 1, 'a'], 'squashfs/2': [5, 1, 'b'] } as const;
  const names = { 'example.org/a:1': 'a', 'example.org/a:2': 'a', 'example.org/b:1': 'b' };

  it('removes all names of an image, and what nothing else needs', () => {
    const removal = planRemove(inventory({ ...shared, names, derived }), new Set([digest('a')]));
    assert.deepEqual(removal.names, ['example.org/a:1', 'example.org/a:2']);
    assert.equal(letters(removal.blobs), 'a a1');
    assert.deepEqual(removal.derived, ['squashfs/1']);
  });

  it('touches nothing else, wanted or not', () => {
    const blobs = { ...shared.blobs, x: [1, 1] as const };
    assert.equal(letters(planRemove(inventory({ ...shared, blobs, names }), new Set([digest('a')])).blobs), 'a a1');
  });

  it('removes the images of an index, but those that have a name of their own', () => {
    const given: Given = {
      ...shared,
      blobs: { ...shared.blobs, i: [1, 1] },
      manifests: { ...shared.manifests, i: { parts: ['a', 'b'] } },
      names: { 'example.org/i:1': 'i', 'example.org/b:1': 'b' },
    };
    assert.equal(letters(planRemove(inventory(given), new Set([digest('i')])).blobs), 'a a1 i');
  });
});

describe('clean', () => {
  it('removes everything, locked or not', () => {
    const builds = { x: { images: ['a'], usedAt: 1, isLocked: true } };
    const removal = planClean(inventory({ ...shared, builds, names: { 'example.org/a:1': 'a' } }), Infinity);
    assert.equal(letters(removal.blobs), 'a a1 b b1 c');
    assert.deepEqual([removal.names, removal.builds, removal.left], [['example.org/a:1'], ['x'], 0]);
  });

  it('leaves what a running process may use, with its names', () => {
    const used = { ...shared.blobs, b: [10, 100] as const };
    const names = { 'example.org/a:1': 'a', 'example.org/b:1': 'b' };
    const removal = planClean(inventory({ ...shared, blobs: used, names }), 100);
    assert.equal(letters(removal.blobs), 'a a1');
    assert.deepEqual(removal.names, ['example.org/a:1']);
  });
});
