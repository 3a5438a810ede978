import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { annotations, mediaTypes, sha256, type StoredImage } from '../../../pkg/image/index.ts';
import { keptModulesTar, readModuleIndex, readModulesTar } from '../../../pkg/kernel/index.ts';
import { Store } from '../../../pkg/store/index.ts';
import { rawTar } from '../../unit/archive/raw-tar.ts';
import { elfFile } from '../../unit/package/elf-file.ts';

const release = '9.9.0';
const root = `lib/modules/${release}`;
const indexes = ['modules.dep', 'modules.builtin', 'modules.order'];

/** A tar of modules of which nothing can be read, all of them in the index. */
function modulesTar(names: readonly string[], dep = 'kernel/usual.ko:\nkernel/rare.ko:\n'): Buffer {
  return rawTar([
    ...indexes.map((name) => ({ name: `${root}/${name}`, data: name === 'modules.dep' ? dep : '' })),
    ...names.map((name) => ({ name: `${root}/kernel/${name}.ko`, data: elfFile({ machine: 62 }) })),
  ]);
}

describe('the modules of a kernel image', () => {
  let folder: string;
  let store: Store;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lkit-modules-'));
    store = await Store.open(folder);
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** An image with each file in a layer of its own; those without a content cannot be read. */
  async function kernelImage(files: Readonly<Record<string, Buffer | undefined>>): Promise<StoredImage> {
    const contents = Object.entries(files).map(([name, data]) => ({
      name,
      bytes: data === undefined ? Buffer.from('no tar at all') : rawTar([{ name, data }]),
    }));
    const layers = await Promise.all(
      contents.map(async ({ name, bytes }) => {
        const descriptor = await store.putBytes(bytes, mediaTypes.layer);
        return { ...descriptor, annotations: { [annotations.layerNames]: JSON.stringify([name]) } };
      }),
    );
    const rootfs = { type: 'layers', diff_ids: contents.map(({ bytes }) => sha256(bytes)) };
    const config = await store.putJson({ architecture: 'amd64', os: 'linux', rootfs }, mediaTypes.config);
    return await store.image(await store.putJson({ schemaVersion: 2, config, layers }, mediaTypes.manifest));
  }

  async function kept(image: StoredImage, ...names: readonly string[]): Promise<readonly string[]> {
    const files = names.map((name) => `kernel/${name}.ko`);
    const { path: file } = await keptModulesTar(store, image, 'kernel.tar', { release, files });
    const found: string[] = [];
    for await (const { entry } of readModulesTar(file)) if (entry.path.endsWith('.ko')) found.push(entry.path);
    return found;
  }

  it('come from the small archive where it has all that are wanted, and the large one is not read', async () => {
    const image = await kernelImage({ 'kernel.tar': undefined, 'kernel-small.tar': modulesTar(['usual']) });
    const index = await readModuleIndex(store, image, 'kernel.tar');
    assert.deepEqual(Object.keys(index?.depends ?? {}), ['kernel/usual.ko', 'kernel/rare.ko']);
    assert.deepEqual(await kept(image, 'usual'), [`${root}/kernel/usual.ko`]);
    await assert.rejects(kept(image, 'usual', 'rare'), { code: 'invalid-layer' });
  });

  it('come from the large one where they are rare, or where there is no other', async () => {
    const large = modulesTar(['rare', 'usual']);
    const both = await kernelImage({ 'kernel.tar': large, 'kernel-small.tar': modulesTar(['usual']) });
    const expected = [`${root}/kernel/rare.ko`, `${root}/kernel/usual.ko`];
    assert.deepEqual(await kept(both, 'usual', 'rare'), expected);
    const alone = await kernelImage({ 'kernel.tar': large });
    assert.equal((await readModuleIndex(store, alone, 'kernel.tar'))?.release, release);
    assert.deepEqual(await kept(alone, 'usual', 'rare'), expected);
  });
});
