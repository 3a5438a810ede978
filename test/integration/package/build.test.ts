import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, mkdtemp, open, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decompress, type Entry, readTar } from '../../../pkg/archive/index.ts';
import type { LkitError } from '../../../pkg/errors/index.ts';
import { annotations, type Digest, labels, type StoredImage } from '../../../pkg/image/index.ts';
import { buildPackage, createPackageContext } from '../../../pkg/package/index.ts';
import type { PackageContext, PackageOptions } from '../../../pkg/package/index.ts';
import { silentReporter } from '../../../pkg/report/index.ts';
import { Store } from '../../../pkg/store/index.ts';
import { type DebianMirror, startDebianMirror } from '../../support/debian-mirror.ts';

const buildYml = 'image: box\nconfig: {readonly: true}\n';
const recipe = `packages: [busybox-static]
files: [/bin/busybox]
links: [{target: busybox, in: /bin, names: sh ls}]
directories: [{path: /tmp, mode: "1777"}]
entrypoint: [/bin/sh]
env: [A=b]
labels: {org.example.x: "1"}
`;

describe('building a package', function () {
  this.timeout(120_000);
  let mirror: DebianMirror;
  let scratch: string;
  let store: Store;
  let folder: string;
  let first: StoredImage;

  before(async () => {
    mirror = await startDebianMirror();
    scratch = await mkdtemp(path.join(tmpdir(), 'lkit-package-'));
    store = await Store.open(path.join(scratch, 'store'));
    folder = await makePackage('box', recipe);
    await mkdir(path.join(folder, 'rootfs/etc'), { recursive: true });
    await writeFile(path.join(folder, 'rootfs/etc/motd'), 'hello\n', { mode: 0o600 });
    first = await buildPackage(folder, 'amd64', context());
  });
  after(async () => {
    await mirror.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  async function makePackage(name: string, text: string, build = buildYml): Promise<string> {
    const made = path.join(scratch, 'packages', name);
    await mkdir(made, { recursive: true });
    await writeFile(path.join(made, 'build.yml'), build);
    await writeFile(path.join(made, 'debian.yml'), text);
    return made;
  }

  function context(options: Partial<PackageOptions> = {}): PackageContext {
    return createPackageContext({ store, reporter: silentReporter, mirror: mirror.url, ...options });
  }

  /** Fails when a build needs Debian, that is, when it builds. */
  function unneeded(): PackageContext {
    return { ...context(), fetcher: () => Promise.reject(new Error('it was built again')) };
  }

  async function entriesOf(image: StoredImage): Promise<ReadonlyMap<string, Entry>> {
    const [layer] = image.manifest.layers;
    assert.ok(layer);
    const entries = new Map<string, Entry>();
    for await (const { entry } of readTar(decompress(createReadStream(store.blobPath(layer.digest))))) {
      entries.set(entry.path, entry);
    }
    return entries;
  }

  it('gives an image of the chosen files, folders, links and rootfs', async () => {
    const entries = await entriesOf(first);
    assert.deepEqual(
      [...entries.keys()],
      ['bin', 'bin/busybox', 'bin/ls', 'bin/sh', 'etc', 'etc/motd', 'tmp'].concat(
        ['', '/lib', '/lib/dpkg', '/lib/dpkg/status.d', '/lib/dpkg/status.d/busybox-static'].map(
          (each) => `var${each}`,
        ),
      ),
    );
    assert.equal(entries.get('bin/busybox')?.mode, 0o755);
    assert.equal(entries.get('bin/sh')?.link, 'busybox');
    assert.equal(entries.get('tmp')?.mode, 0o1777);
    assert.equal(entries.get('etc/motd')?.mode, 0o644);
    assert.ok([...entries.values()].every(({ mtime, uid, gid }) => mtime === 0 && uid === 0 && gid === 0));
  });

  it('describes the image for those who run it and those who ask what is in it', () => {
    const { config, created, architecture } = first.config;
    assert.deepEqual([created, architecture], ['1970-01-01T00:00:00Z', 'amd64']);
    assert.deepEqual(config?.Entrypoint, ['/bin/sh']);
    assert.ok(config.Env?.includes('A=b'));
    assert.equal(config.Labels?.[labels.mobyConfig], '{"readonly":true}');
    assert.equal(config.Labels['org.example.x'], '1');
    const packages = JSON.parse(first.manifest.annotations?.[annotations.debianPackages] ?? '') as { name: string }[];
    assert.deepEqual(
      packages.map(({ name }) => name),
      ['busybox-static'],
    );
  });

  it('makes an ordinary OCI image that other tools read', async () => {
    const name = (await store.index()).manifests[0]?.annotations?.['org.opencontainers.image.ref.name'];
    const output = execFileSync('skopeo', ['inspect', `oci:${store.directory}:${name ?? ''}`], { encoding: 'utf8' });
    const inspected = JSON.parse(output) as { Architecture: string; Digest: string };
    assert.deepEqual([inspected.Architecture, inspected.Digest], ['amd64', first.descriptor.digest]);
    const copy = path.join(scratch, 'copy');
    execFileSync('skopeo', ['copy', '--quiet', `oci:${store.directory}:${name ?? ''}`, `oci:${copy}:x`]);
  });

  it('finds what has not changed without looking at Debian', async () => {
    const started = performance.now();
    const found = await buildPackage(folder, 'amd64', unneeded());
    assert.ok(performance.now() - started < 500);
    assert.deepEqual(found, first);
    await utimes(path.join(folder, 'debian.yml'), 1, 1);
    assert.deepEqual(await buildPackage(folder, 'amd64', unneeded()), first);
  });

  it('builds once however many ask at the same time', async () => {
    const twin = await makePackage('twin', recipe);
    const shared = context();
    const honest = await shared.fetcher();
    let asked = 0;
    const counting: PackageContext = {
      ...shared,
      fetcher: () =>
        Promise.resolve({
          resolve: (...args) => {
            asked++;
            return honest.resolve(...args);
          },
          download: (...args) => honest.download(...args),
        }),
    };
    const images = await Promise.all([1, 2, 3].map(() => buildPackage(twin, 'amd64', counting)));
    assert.equal(new Set(images.map((image) => image.descriptor.digest)).size, 1);
    assert.equal(asked, 1);
  });

  it('gives the same bytes in another store and folder', async () => {
    const other = await Store.open(path.join(scratch, 'other'));
    const copy = path.join(scratch, 'elsewhere');
    execFileSync('cp', ['-r', folder, copy]);
    const image = await buildPackage(copy, 'amd64', context({ store: other }));
    assert.equal(image.descriptor.digest, first.descriptor.digest);
  });

  it('makes images for another machine', async () => {
    const image = await buildPackage(folder, 'arm64', context());
    assert.equal(image.config.architecture, 'arm64');
    assert.notEqual(image.descriptor.digest, first.descriptor.digest);
  });

  it('adds the libraries that programs need', async () => {
    const text = 'packages: [runc, libseccomp2, libc6]\nfiles: [/usr/sbin/runc]\n';
    const entries = await entriesOf(await buildPackage(await makePackage('runc', text), 'amd64', context()));
    for (const file of ['libc.so.6', 'ld-linux-x86-64.so.2']) assert.ok(entries.has(`lib/x86_64-linux-gnu/${file}`));
    assert.ok(entries.has('lib64/ld-linux-x86-64.so.2'));
    assert.ok(entries.has('usr/lib/x86_64-linux-gnu/libseccomp.so.2'));
  });

  describe('when a .deb is not what Debian signed', () => {
    function debOf(): { readonly digest: Digest; readonly file: string } {
      const annotation = first.manifest.annotations?.[annotations.debianPackages] ?? '';
      const [deb] = JSON.parse(annotation) as [{ readonly sha256: string }];
      return { digest: `sha256:${deb.sha256}`, file: store.blobPath(`sha256:${deb.sha256}`) };
    }

    /** Another byte in the middle; the size stays. */
    async function tamper(file: string): Promise<void> {
      const handle = await open(file, 'r+');
      await handle.write(Buffer.from([1, 2, 3]), 0, 3, 5000);
      await handle.close();
    }

    it('notices it in the store, and fetches it anew', async () => {
      const { digest, file } = debOf();
      await tamper(file);
      const image = await buildPackage(folder, 'amd64', context({ rebuild: true }));
      assert.equal(image.descriptor.digest, first.descriptor.digest);
      const size = execFileSync('stat', ['-c%s', file], { encoding: 'utf8' });
      assert.equal(await store.isIntact({ digest, size: Number(size) }), true);
    });

    it('refuses it when it comes over the network', async () => {
      const other = await Store.open(path.join(scratch, 'tampered'));
      const honest = await context({ store: other }).fetcher();
      const hostile: PackageContext = {
        ...context({ store: other }),
        fetcher: () =>
          Promise.resolve({
            resolve: (...args) => honest.resolve(...args),
            download: async (...args) => {
              await honest.download(...args);
              for (const name of await readdir(args[2])) await tamper(path.join(args[2], name));
            },
          }),
      };
      await assert.rejects(buildPackage(folder, 'amd64', hostile), { code: 'bad-deb' });
      assert.deepEqual((await other.index()).manifests, []);
    });
  });

  const wrong: readonly (readonly [string, string, string, string, RegExp, string])[] = [
    [
      'an unknown package',
      buildYml,
      'packages:\n  - busybox-statik\n',
      'unknown-debian-package',
      /did you mean "busybox-static"/,
      'debian.yml:2:5',
    ],
    [
      'a file that is in no package',
      buildYml,
      'packages: [busybox-static]\nfiles: [/bin/bysybox]\n',
      'missing-file',
      /bysybox/,
      'debian.yml:2:9',
    ],
    [
      'another architecture',
      'image: x\narches: [arm64]\n',
      recipe,
      'wrong-architecture',
      /for arm64, not for amd64/,
      'build.yml:2:9',
    ],
    [
      'keys for a Dockerfile',
      'image: x\nbuildArgs: [A=b]\n',
      recipe,
      'invalid-key',
      /"buildArgs" has no meaning/,
      'build.yml:2:12',
    ],
    [
      'a folder in the place of a file',
      buildYml,
      `${recipe}kernel: false\nuser: root\nworkdir: /\n`.replace('/tmp', '/bin/busybox'),
      'conflicting-files',
      /\/bin\/busybox/,
      '',
    ],
  ];
  for (const [what, build, text, code, message, place] of wrong) {
    it(`refuses ${what}`, async () => {
      const bad = await makePackage(`bad-${code}`, text, build);
      await assert.rejects(buildPackage(bad, 'amd64', context()), (error: LkitError) => {
        assert.deepEqual([error.code, error.kind], [code, 'input']);
        assert.match(error.message, message);
        const { file, line, column } = error.at ?? { file: '', line: 0, column: 0 };
        assert.equal(error.at ? `${path.basename(file)}:${line}:${column}` : '', place);
        return true;
      });
    });
  }

  it('refuses a folder without a recipe, and one that is not there', async () => {
    const bare = await makePackage('bare', recipe);
    await rm(path.join(bare, 'debian.yml'));
    await assert.rejects(buildPackage(bare, 'amd64', context()), { code: 'needs-engine' });
    await rm(path.join(bare, 'build.yml'));
    await assert.rejects(buildPackage(bare, 'amd64', context()), { code: 'no-package' });
    await assert.rejects(buildPackage(path.join(scratch, 'none'), 'amd64', context()), { code: 'no-package' });
  });

  it('builds again when the folder changes', async () => {
    const edited = await makePackage('edited', recipe);
    const before = await buildPackage(edited, 'amd64', context());
    await appendFile(path.join(edited, 'debian.yml'), 'user: nobody\n');
    const after = await buildPackage(edited, 'amd64', context());
    assert.notEqual(after.descriptor.digest, before.descriptor.digest);
  });
});
