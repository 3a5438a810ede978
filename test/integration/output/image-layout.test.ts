import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Descriptor, mediaTypes, type StoredImage } from '../../../pkg/image/index.ts';
import { imageLayout } from '../../../pkg/output/image-layout.ts';
import { Store } from '../../../pkg/store/index.ts';
import { withTempDir } from '../../support/lkit.ts';

/** An image of one empty layer. */
async function storeImage(store: Store, architecture: string): Promise<StoredImage> {
  const layer = await store.putBytes(Buffer.alloc(1024), mediaTypes.layer);
  const config = { architecture, os: 'linux', rootfs: { type: 'layers', diff_ids: [layer.digest] } };
  const stored = await store.putJson(config, mediaTypes.config);
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config: stored, layers: [layer] };
  return await store.image(await store.putJson(manifest, mediaTypes.manifest));
}

async function writeLayout(store: Store, folder: string, reference: string, architectures: readonly string[]) {
  const images = await Promise.all(architectures.map((each) => storeImage(store, each)));
  const names: string[] = [];
  for (const { entry, content } of imageLayout(store, reference, images)) {
    const chunks: Buffer[] = [];
    for await (const chunk of content) chunks.push(chunk);
    names.push(entry.path);
    const target = path.join(folder, entry.path);
    if (entry.type === 'directory') await mkdir(target, { recursive: true });
    else {
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, Buffer.concat(chunks));
    }
  }
  return { images, names };
}

const skopeo = (...args: readonly string[]): unknown =>
  JSON.parse(execFileSync('skopeo', [...args], { encoding: 'utf8' }));

describe('imageLayout', function () {
  this.timeout(20_000);

  it('is what skopeo reads, with the image under its name', async () => {
    await withTempDir(async (folder) => {
      const store = await Store.open(path.join(folder, 'store'));
      const { images } = await writeLayout(store, path.join(folder, 'out'), 'example.org/team/web:1.2', ['amd64']);
      const raw = skopeo('inspect', '--raw', `oci:${folder}/out:example.org/team/web:1.2`) as { config: Descriptor };
      assert.equal(raw.config.digest, images[0]!.manifest.config.digest);
    });
  });

  it('lets skopeo choose among platforms, and holds what they share once', async () => {
    await withTempDir(async (folder) => {
      const store = await Store.open(path.join(folder, 'store'));
      const { names } = await writeLayout(store, path.join(folder, 'out'), 'pkg:./seed', ['amd64', 'arm64']);
      assert.equal(new Set(names).size, names.length);
      for (const arch of ['amd64', 'arm64']) {
        const config = skopeo('--override-arch', arch, 'inspect', '--config', `oci:${folder}/out`);
        assert.equal((config as { architecture: string }).architecture, arch);
      }
    });
  });
});
