import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { mediaTypes } from '../../../pkg/image/index.ts';
import { Store } from '../../../pkg/store/index.ts';
import { startLkit, withTempDir } from '../../support/lkit.ts';
import { rawTar } from '../../unit/archive/raw-tar.ts';

const files = 200_000;
const limitMiB = 120;

/** An archive of as many files as a large distribution's image has, and of one that makes 1 GiB of it. */
function* archive(): Generator<Buffer> {
  const sparse = [
    ['GNU.sparse.size', String(2 ** 30)],
    ['GNU.sparse.map', ''],
  ] as const;
  yield rawTar([{ name: 'var/lib/large', pax: sparse }], 0);
  for (let first = 0; first < files; first += 1000) {
    const some = Array.from({ length: 1000 }, (_, folder) => {
      const number = first + folder;
      const name = `usr/lib/package-${folder}/some/folder/file-number-${number}.so`;
      return { name, data: `content ${number}`, mtime: 1_700_000_000 + number };
    });
    yield rawTar(some, 0);
  }
  yield rawTar([]);
}

async function putImage(store: Store): Promise<void> {
  const hash = createHash('sha256');
  function* hashed(): Generator<Buffer> {
    for (const piece of archive()) {
      hash.update(piece);
      yield piece;
    }
  }
  const written = await store.writeBlob(Readable.from(hashed(), { objectMode: false }).pipe(createGzip({ level: 1 })));
  const rootfs = { type: 'layers', diff_ids: [`sha256:${hash.digest('hex')}`] };
  const config = await store.putJson({ architecture: 'amd64', os: 'linux', rootfs }, mediaTypes.config);
  const layers = [{ mediaType: mediaTypes.layerGzip, ...written }];
  await store.tag('large', await store.putJson({ schemaVersion: 2, config, layers }, mediaTypes.manifest));
}

describe('memory', function () {
  this.timeout(300_000);

  it(`peaks below ${limitMiB} MiB while an image of 1 GiB and ${files} files is flattened`, async () => {
    await withTempDir(async (folder) => {
      const cache = path.join(folder, 'cache');
      await putImage(await Store.open(cache));
      const probe = path.join(folder, 'probe.cjs');
      // In KiB, whatever the platform (libuv's uv_getrusage).
      await writeFile(probe, "process.on('exit', () => console.error(`peak ${process.resourceUsage().maxRSS}`));\n");
      const env = { LKIT_CACHE: cache, NODE_OPTIONS: `--require ${probe}` };
      const child = startLkit(['cache', 'export', '--format', 'files', 'large', '-o', '-'], { env });
      let stderr = '';
      let bytes = 0;
      child.stdout.on('data', (chunk: Buffer) => (bytes += chunk.length));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      const [exitCode] = (await once(child, 'close')) as [number | null];
      assert.equal(exitCode, 0, stderr);
      assert.ok(bytes > 2 ** 30);
      const peakMiB = Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024;
      assert.ok(peakMiB < limitMiB, `it was ${peakMiB.toFixed(0)} MiB`);
    });
  });
});
