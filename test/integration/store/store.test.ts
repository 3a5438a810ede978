import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { mediaTypes, sha256 } from '../../../pkg/image/index.ts';
import { imageTree, Store, StoreError } from '../../../pkg/store/index.ts';
import { rawTar } from '../../unit/archive/raw-tar.ts';

describe('Store', () => {
  let directory: string;
  let store: Store;

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'lkit-store-'));
    store = await Store.open(directory);
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const bytes = Buffer.from('hello');
  const expected = { digest: sha256(bytes), size: bytes.length };

  it('keeps a blob under its digest', async () => {
    assert.equal(await store.hasBlob(expected), false);
    assert.deepEqual(await store.writeBlob([bytes.subarray(0, 2), bytes.subarray(2)], { expected }), expected);
    assert.equal(await store.hasBlob(expected), true);
    assert.deepEqual(await store.readBlob(expected), bytes);
    assert.deepEqual(await readFile(store.blobPath(expected.digest)), bytes);
    assert.deepEqual(await readdir(path.join(directory, 'tmp')), []);
  });

  const emptyConfig = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } };

  const wrong = [
    ['digest-mismatch', 'jello'],
    ['size-mismatch', 'hell'],
    ['size-mismatch', 'hello!'],
  ] as const;
  for (const [code, content] of wrong) {
    it(`refuses "${content}" with ${code} and keeps nothing of it`, async () => {
      await assert.rejects(store.writeBlob([Buffer.from(content)], { expected }), { name: 'StoreError', code });
      assert.equal(await store.hasBlob(expected.digest), false);
      assert.deepEqual(await readdir(path.join(directory, 'tmp')), []);
    });
  }

  it('stops reading a source that sends more than it announced', async () => {
    let sent = 0;
    function* endless(): Generator<Buffer> {
      for (;;) {
        sent++;
        yield Buffer.alloc(1000);
      }
    }
    await assert.rejects(store.writeBlob(endless(), { expected: { size: 5000 } }), { code: 'size-mismatch' });
    assert.ok(sent < 10);
  });

  it('passes on the error of a source, and keeps nothing', async () => {
    // eslint-disable-next-line @typescript-eslint/require-await
    async function* failing(): AsyncGenerator<Buffer> {
      yield bytes;
      throw new RangeError('gone');
    }
    await assert.rejects(store.writeBlob(failing()), RangeError);
    assert.deepEqual(await readdir(path.join(directory, 'tmp')), []);
  });

  it('notices a blob that was changed on disk, and heals it when it is written again', async () => {
    await store.writeBlob([bytes]);
    await writeFile(store.blobPath(expected.digest), 'jello');
    assert.equal(await store.isIntact(expected), false);
    await assert.rejects(store.readBlob(expected), { code: 'digest-mismatch' });
    await store.writeBlob([bytes]);
    assert.equal(await store.isIntact(expected), true);
    await truncate(store.blobPath(expected.digest), 3);
    assert.equal(await store.hasBlob(expected), false);
  });

  it('refuses digests that are no digests, which become file names', () => {
    for (const digest of ['sha256:../../../etc/passwd', 'md5:00', 'sha256:AB'] as const) {
      assert.throws(() => store.blobPath(digest as `sha256:${string}`), StoreError);
    }
  });

  it('finds images by name, also after many were named at once', async () => {
    const config = await store.putJson(emptyConfig, mediaTypes.config);
    const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [] };
    const descriptor = await store.putJson(manifest, mediaTypes.manifest);
    await Promise.all(Array.from({ length: 20 }, (_, index) => store.tag(`image:${index}`, descriptor)));
    assert.equal((await store.index()).manifests.length, 20);
    const found = await store.resolve('image:7');
    assert.ok(found);
    assert.equal((await store.image(found)).config.architecture, 'amd64');
    assert.equal(await store.resolve('image:20'), undefined);
  });

  it('says which layer an image lacks', async () => {
    const rootfs = { type: 'layers', diff_ids: [expected.digest] };
    const config = await store.putJson({ ...emptyConfig, rootfs }, mediaTypes.config);
    const layers = [{ mediaType: mediaTypes.layer, ...expected }];
    const descriptor = await store.putJson({ schemaVersion: 2, config, layers }, mediaTypes.manifest);
    await assert.rejects(store.image(descriptor), (error: StoreError) => {
      return error.code === 'missing-blob' && error.message.includes(expected.digest);
    });
  });

  it('compares each layer with what the configuration says that it unpacks to, while it is read', async () => {
    const tars = ['a', 'b'].map((name) => rawTar([{ name, data: 'x' }]));
    const layers = await Promise.all(tars.map((tar) => store.putBytes(gzipSync(tar), mediaTypes.layerGzip)));
    const read = async (diffIds: readonly string[]): Promise<readonly string[]> => {
      const config = await store.putJson(
        { ...emptyConfig, rootfs: { type: 'layers', diff_ids: diffIds } },
        mediaTypes.config,
      );
      const image = await store.image(await store.putJson({ schemaVersion: 2, config, layers }, mediaTypes.manifest));
      const names: string[] = [];
      for await (const { entry } of imageTree(store, image)) names.push(entry.path);
      return names;
    };
    const [a = '', b = ''] = tars.map((tar) => sha256(tar));
    assert.deepEqual(await read([a, b]), ['', 'a', 'b']);
    await assert.rejects(read([a, a]), {
      code: 'digest-mismatch',
      message: /^layer 2 of 2: .* says .* but it unpacks to/,
    });
    await assert.rejects(read([b, a]), { code: 'digest-mismatch', message: /^layer 1 of 2: / });
  });

  it('holds images to its limits, which can be raised', async () => {
    const tar = rawTar([{ name: 'a', data: 'x'.repeat(5000) }]);
    const layers = [await store.putBytes(tar, mediaTypes.layer)];
    const rootfs = { type: 'layers', diff_ids: [sha256(tar)] };
    const config = await store.putJson({ ...emptyConfig, rootfs }, mediaTypes.config);
    const descriptor = await store.putJson({ schemaVersion: 2, config, layers }, mediaTypes.manifest);
    for (const [bytes, fits] of [
      [4000, false],
      [10_000, true],
    ] as const) {
      const limited = await Store.open(directory, { limits: { 'unpacked-bytes': bytes } });
      const read = async (): Promise<void> => {
        for await (const { entry } of imageTree(limited, await limited.image(descriptor)))
          assert.ok(entry.size <= 5000);
      };
      if (fits) await read();
      else await assert.rejects(read(), { code: 'limit-exceeded', hint: /--limit unpacked-bytes=NUMBER/ });
    }
  });

  it('says at once that it cannot be where no folder can be made', async () => {
    await assert.rejects(Store.open('/proc/lkit/store'), { code: 'not-writable' });
    await writeFile(path.join(directory, 'file'), '');
    for (const name of ['file', 'file/store']) {
      await assert.rejects(Store.open(path.join(directory, name)), { code: 'not-writable' });
    }
  });

  it('says what is wrong with an index that is none', async () => {
    await writeFile(path.join(directory, 'index.json'), '{');
    await assert.rejects(store.resolve('a'), { code: 'corrupt', hint: /^Remove that file/ });
    await writeFile(path.join(directory, 'index.json'), '[]');
    await assert.rejects(store.resolve('a'), { code: 'corrupt' });
    await rm(path.join(directory, 'index.json'));
    assert.equal(await (await Store.open(directory)).resolve('a'), undefined);
  });

  describe('derived', () => {
    const key = { kind: 'test', version: 1, inputs: { a: '1' } };

    it('makes a file once and finds it again', async () => {
      let made = 0;
      const make = async (file: string): Promise<void> => {
        made++;
        await writeFile(file, 'content');
      };
      const all = await Promise.all([store.derived(key, make), store.derived(key, make), store.derived(key, make)]);
      const again = await store.derived(key, make);
      assert.equal(made, 1);
      assert.deepEqual(new Set(all.map((each) => each.path)), new Set([again.path]));
      assert.deepEqual(new Set(all.map((each) => each.cached)), new Set([false]));
      assert.equal(again.cached, true);
      assert.equal(await readFile(again.path, 'utf8'), 'content');
    });

    it('keeps nothing of a failure, and tries again the next time', async () => {
      const failing = async (file: string): Promise<void> => {
        await writeFile(file, 'half');
        throw new RangeError('no');
      };
      await assert.rejects(store.derived(key, failing), RangeError);
      assert.deepEqual(await readdir(path.join(directory, 'tmp')), []);
      const { cached } = await store.derived(key, (file) => writeFile(file, 'whole'));
      assert.equal(cached, false);
    });

    it('keeps values as JSON', async () => {
      assert.deepEqual(await store.derivedJson(key, () => Promise.resolve({ n: [1] })), { n: [1] });
      assert.deepEqual(await store.derivedJson(key, () => Promise.reject(new Error('not called'))), { n: [1] });
    });
  });

  it('keeps records, which may be replaced', async () => {
    assert.equal(await store.readRecord('facts', 'one'), undefined);
    await store.writeRecord('facts', 'one', { n: 1 });
    await store.writeRecord('facts', 'one', { n: 2 });
    assert.deepEqual(await store.readRecord('facts', 'one'), { n: 2 });
  });

  it('removes temporary folders when their use ends', async () => {
    const folder = await store.withTemporaryFolder(async (inside) => {
      await writeFile(path.join(inside, 'a'), '');
      return inside;
    });
    await assert.rejects(stat(folder), { code: 'ENOENT' });
  });
});
