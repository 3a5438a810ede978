import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { contentOf, type Member, writeTar } from '../../../pkg/archive/index.ts';
import { mediaTypes, type StoredImage } from '../../../pkg/image/index.ts';
import { extractUcode } from '../../../pkg/kernel/index.ts';
import { packedInitrd } from '../../../pkg/output/initrd.ts';
import { partBytes } from '../../../pkg/output/parts.ts';
import { sizedFile } from '../../../pkg/output/sized-file.ts';
import { Store } from '../../../pkg/store/index.ts';
import { withTempDir } from '../../support/lkit.ts';

const at = { file: 'lkit.yml', line: 2, column: 3 };

/** A kernel image with one file. */
async function storeImage(store: Store, name: string, content: Buffer): Promise<StoredImage> {
  async function* members(): AsyncGenerator<Member> {
    const entry = { path: name, type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, size: content.length } as const;
    yield await Promise.resolve({ entry, content: contentOf(content) });
  }
  const { digest, size } = await store.writeBlob(writeTar(members()));
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digest] } };
  const layers = [{ mediaType: mediaTypes.layer, digest, size }];
  const stored = await store.putJson(config, mediaTypes.config);
  return await store.image(await store.putJson({ schemaVersion: 2, config: stored, layers }, mediaTypes.manifest));
}

describe('kernel: ucode:', () => {
  const archive = Buffer.from('070701 and the rest of an archive');

  it('is the very first thing in the initrd, and what follows is aligned', async () => {
    await withTempDir(async (folder) => {
      const store = await Store.open(path.join(folder, 'store'));
      const image = await storeImage(store, 'intel-ucode.cpio', archive);
      const ucode = await extractUcode(store, { image, ucode: 'intel-ucode.cpio', at });
      const stage0 = path.join(folder, 'stage0');
      await writeFile(stage0, 'the stage-0 archive');
      const chunks: Buffer[] = [];
      const parts = packedInitrd({
        ucode: await sizedFile(ucode),
        stage0: await sizedFile(stage0),
        root: [],
        trees: [],
        files: [],
      });
      for await (const chunk of partBytes(parts)) chunks.push(chunk);
      const initrd = Buffer.concat(chunks);
      assert.deepEqual(initrd.subarray(0, archive.length), archive);
      assert.equal(initrd.indexOf('070701', 1), 4096);
    });
  });

  it('is refused when the image does not have it, and when the kernel could not read it', async () => {
    await withTempDir(async (folder) => {
      const store = await Store.open(path.join(folder, 'store'));
      const image = await storeImage(store, 'ucode.gz', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]));
      const missing = { code: 'no-ucode', kind: 'input', at, message: 'the kernel image has no file "ucode.cpio"' };
      await assert.rejects(extractUcode(store, { image, ucode: 'ucode.cpio', at }), missing);
      const refused = {
        code: 'bad-ucode',
        kind: 'input',
        at,
        message: /"ucode.gz" .* is no uncompressed cpio archive/,
      };
      await assert.rejects(extractUcode(store, { image, ucode: 'ucode.gz', at }), refused);
    });
  });
});
