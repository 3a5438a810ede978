import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { rawTar } from '../../unit/archive/raw-tar.ts';
import { writeLayout } from '../image/oci-layout.ts';
import { archiveOf, configOf, folderArchive, hex, json, layers, layoutArchive, oldestArchive } from './archives.ts';
import { run, Workbench } from './workbench.ts';

describe('images in archives', function () {
  this.timeout(60_000);
  let bench: Workbench;

  beforeEach(async () => {
    bench = await Workbench.open();
  });
  afterEach(() => bench.close());

  const write = (name: string, bytes: Buffer | string): Promise<void> => writeFile(bench.path(name), bytes);

  /** An image layout that skopeo has made an archive of. */
  async function withSkopeo(to: string): Promise<void> {
    await writeLayout(bench.path('layout'), layers);
    await run('skopeo', ['copy', '--quiet', `oci:${bench.path('layout')}:latest`, to]);
  }

  it('that skopeo wrote have the files that skopeo and umoci unpack', async () => {
    const [oci, docker] = [bench.path('oci.tar'), bench.path('docker.tar')];
    await withSkopeo(`oci-archive:${oci}:demo:1`);
    await withSkopeo(`docker-archive:${docker}:demo:1`);
    const judged = await bench.judgedTree(`oci:${bench.path('layout')}:latest`);
    assert.ok(judged.length > 5);
    for (const text of [
      'oci-archive:oci.tar:demo:1',
      'oci-archive:oci.tar',
      './oci.tar',
      'docker-archive:docker.tar',
      './docker.tar',
    ]) {
      assert.deepEqual(await bench.tree(await bench.resolve(text)), judged, text);
    }
    const image = await bench.resolve('docker-archive:docker.tar:docker.io/library/demo:1');
    await bench.store.tag('result', image.descriptor);
    assert.deepEqual(await bench.judgedTree(`oci:${bench.store.directory}:result`), judged);
  });

  it('may be compressed', async () => {
    await write('plain.tar', layoutArchive());
    const plain = await bench.resolve('./plain.tar');
    await run('sh', ['-c', 'gzip -k plain.tar && xz -k plain.tar && zstd -q plain.tar'], { cwd: bench.folder });
    for (const end of ['gz', 'xz', 'zst']) {
      const image = await bench.resolve(`./plain.tar.${end}`);
      assert.deepEqual(image.descriptor, plain.descriptor, end);
    }
  });

  it('may have compressed layers', async () => {
    const compressed = layers.map((layer) => gzipSync(layer));
    const names = compressed.map((_, index) => `${index}.tar.gz`);
    const manifest = [{ Config: 'config.json', RepoTags: null, Layers: names }];
    await write(
      'x.tar',
      archiveOf({
        'config.json': configOf(),
        '0.tar.gz': compressed[0]!,
        '1.tar.gz': compressed[1]!,
        'manifest.json': json(manifest),
      }),
    );
    await writeLayout(bench.path('layout'), layers);
    const image = await bench.resolve('docker-archive:x.tar');
    assert.deepEqual(await bench.tree(image), await bench.judgedTree(`oci:${bench.path('layout')}:latest`));
  });

  it('that docker save wrote are read in all three forms, and keep the image’s id', async () => {
    await write('new.tar', layoutArchive());
    await write('folders.tar', folderArchive());
    await write('oldest.tar', oldestArchive());
    await writeLayout(bench.path('layout'), layers);
    const judged = await bench.judgedTree(`oci:${bench.path('layout')}:latest`);
    const newest = await bench.resolve('docker-archive:new.tar:demo:1');
    assert.equal(newest.manifest.config.digest, `sha256:${hex(configOf())}`);
    assert.deepEqual(newest.config.config?.Cmd, ['/bin/tool']);
    assert.deepEqual(await bench.tree(newest), judged);
    assert.deepEqual(await bench.tree(await bench.resolve('docker-archive:oldest.tar:demo:1')), judged);
    const image = await bench.resolve('docker-archive:folders.tar:demo:1');
    assert.deepEqual(
      await bench.tree(image),
      await bench.judgedTree(`docker-archive:${bench.path('folders.tar')}:demo:1`),
    );
    const layout = await bench.resolve('oci-archive:new.tar:docker.io/library/demo:1');
    assert.deepEqual(await bench.tree(layout), judged);
  });

  it('are read again only when they have changed', async () => {
    await write('x.tar', layoutArchive());
    const first = await bench.resolve('./x.tar');
    const again = await bench.resolve('./x.tar');
    assert.deepEqual(again.descriptor, first.descriptor);
    await write('x.tar', folderArchive());
    const changed = await bench.resolve('./x.tar');
    assert.notEqual(changed.descriptor.digest, first.descriptor.digest);
    assert.deepEqual(bench.outcomes, ['done', 'cached', 'done']);
  });

  it('are read once by many at the same time', async () => {
    await write('x.tar', layoutArchive());
    const images = await Promise.all([1, 2, 3, 4].map(() => bench.resolve('docker-archive:x.tar')));
    assert.equal(new Set(images.map(({ descriptor }) => descriptor.digest)).size, 1);
    assert.deepEqual(bench.outcomes.sort(), ['cached', 'cached', 'cached', 'done']);
  });

  it('need a name where there are several', async () => {
    await write('x.tar', layoutArchive(['one:1', 'two:2']));
    const refused = await bench.refusal('docker-archive:x.tar');
    assert.deepEqual([refused.code, refused.kind, refused.at], ['no-image', 'input', bench.at]);
    assert.match(`${refused.message} ${refused.hint ?? ''}`, /has 2 images.*one:1; two:2/);
    assert.match((await bench.refusal('docker-archive:x.tar:three')).message, /no image named "three"/);
    assert.ok(await bench.resolve('docker-archive:x.tar:two:2'));
    assert.ok(await bench.resolve('docker-archive:x.tar:@1'));
    assert.match((await bench.refusal('oci-archive:x.tar')).hint ?? '', /one:1.*two:2/);
  });

  describe('that are wrong', () => {
    const manifest = (config: string, names: readonly string[]): Buffer =>
      json([{ Config: config, RepoTags: ['x:1'], Layers: names }]);
    const config = configOf();
    const good = layoutArchive();
    const [first, second] = layers as [Buffer, Buffer];

    const cases: Readonly<Record<string, readonly [bytes: Buffer | string, code: string, message: RegExp]>> = {
      'a text file': ['not an archive\n'.repeat(100), 'bad-image', /x\.tar is no tar archive/],
      'a short text file': ['not an archive', 'bad-image', /x\.tar is no tar archive/],
      'an empty file': ['', 'no-image', /no manifest\.json/],
      'a truncated archive': [good.subarray(0, good.length - 3000), 'bad-image', /damaged.*ends in the middle/],
      'a truncated gzip': [gzipSync(good).subarray(0, 900), 'bad-image', /damaged.*gzip stream ends/],
      'no manifest': [archiveOf({ 'a.json': '{}' }), 'no-image', /no manifest\.json/],
      'a manifest that is no JSON': [archiveOf({ 'manifest.json': '{x' }), 'bad-image', /manifest\.json is no JSON/],
      'a manifest of another shape': [
        archiveOf({ 'manifest.json': '[{"Config": 1}]' }),
        'bad-image',
        /"\[0\]\.Config" should be a string/,
      ],
      'an empty manifest': [archiveOf({ 'manifest.json': '[]' }), 'no-image', /has no image/],
      'no configuration': [
        archiveOf({ 'manifest.json': manifest('x.json', []) }),
        'bad-image',
        /names "x\.json", which is not in it/,
      ],
      'a missing layer': [
        archiveOf({ 'manifest.json': manifest('c.json', ['0.tar', '1.tar']), 'c.json': config, '0.tar': first }),
        'bad-image',
        /names "1\.tar", which is not in it/,
      ],
      'a layer that is not what the configuration says': [
        archiveOf({
          'manifest.json': manifest('c.json', ['0.tar', '1.tar']),
          'c.json': config,
          '0.tar': first,
          '1.tar': first,
        }),
        'bad-image',
        /layer 1\.tar should be sha256:/,
      ],
      'a blob that is not what its name says': [
        archiveOf({
          'manifest.json': manifest('c.json', [`blobs/sha256/${hex(first)}`, '1.tar']),
          'c.json': config,
          [`blobs/sha256/${hex(first)}`]: second,
          '1.tar': second,
        }),
        'bad-image',
        /damaged: wrong content: expected sha256:/,
      ],
      'fewer layers than diff ids': [
        archiveOf({ 'manifest.json': manifest('c.json', ['0.tar']), 'c.json': config, '0.tar': first }),
        'bad-image',
        /lists 2 layers/,
      ],
      'names that lead out of the archive': [
        archiveOf({ 'manifest.json': manifest('../../../../etc/passwd', ['/etc/hostname']) }),
        'bad-image',
        /names "\.\.\/\.\.\/\.\.\/\.\.\/etc\/passwd", which is not in it/,
      ],
      'links that lead out of the archive': [
        archiveOf({ 'manifest.json': manifest('c.json', ['0.tar', '1.tar']), 'c.json': config, '1.tar': second }, [
          { name: '0.tar', type: '2', link: '/etc/hostname' },
        ]),
        'bad-image',
        /names "0\.tar", which is not in it/,
      ],
      'links in a circle': [
        archiveOf({ 'manifest.json': manifest('c.json', []) }, [
          { name: 'c.json', type: '2', link: 'd.json' },
          { name: 'd.json', type: '2', link: 'c.json' },
        ]),
        'bad-image',
        /names "c\.json", which is not in it/,
      ],
      'a name for the configuration that is the program’s own': [
        archiveOf({ 'manifest.json': manifest('__proto__', []) }),
        'bad-image',
        /names "__proto__"/,
      ],
      'parents in a circle': [
        archiveOf({ repositories: '{"x": {"1": "a"}}', 'a/json': '{"parent": "a"}' }),
        'bad-image',
        /more than 512 layers/,
      ],
      'another architecture': [
        archiveOf({
          'manifest.json': manifest('c.json', ['0.tar']),
          'c.json': configOf([first], 'arm64'),
          '0.tar': first,
        }),
        'wrong-architecture',
        /is for arm64, but the system is for amd64/,
      ],
      'another system': [
        archiveOf({
          'manifest.json': manifest('c.json', ['0.tar']),
          'c.json': configOf([first]).toString().replace('"linux"', '"windows"'),
          '0.tar': first,
        }),
        'wrong-architecture',
        /is for windows\/amd64, but the system is for linux\/amd64/,
      ],
      'a gzip bomb': [
        gzipSync(rawTar([{ name: 'x', data: Buffer.alloc(80 << 20) }])),
        'bad-image',
        /times its size when unpacked/,
      ],
    };
    for (const [what, [bytes, code, message]] of Object.entries(cases)) {
      it(`are refused: ${what}`, async () => {
        await write('x.tar', bytes);
        const refused = await bench.refusal('docker-archive:x.tar');
        assert.match(refused.message, message);
        assert.deepEqual([refused.code, refused.kind, refused.at], [code, 'input', bench.at]);
      });
    }

    it('are refused as image layouts, too', async () => {
      await write(
        'x.tar',
        archiveOf({
          'index.json': json({
            schemaVersion: 2,
            manifests: [
              { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: `sha256:${hex(config)}`, size: 5 },
            ],
          }),
        }),
      );
      assert.match((await bench.refusal('oci-archive:x.tar')).message, /damaged: it has no blobs\/sha256/);
      await write('y.tar', archiveOf({ 'manifest.json': '[]' }));
      assert.match((await bench.refusal('oci-archive:y.tar')).message, /no OCI image layout: it has no index\.json/);
      await write('z.tar', good.subarray(0, 5000));
      assert.equal((await bench.refusal('oci-archive:z.tar')).code, 'bad-image');
    });

    it('are refused where there is no file', async () => {
      assert.match((await bench.refusal('docker-archive:nothing.tar')).message, /there is no file .*nothing\.tar/);
      assert.match((await bench.refusal('oci-archive:.')).message, /is no file/);
      assert.match((await bench.refusal('./nothing.tar')).message, /there is no file or folder/);
    });
  });
});
