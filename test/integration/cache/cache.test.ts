import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Lock } from '../../../pkg/lock/index.ts';
import { Store, verifyStore } from '../../../pkg/store/index.ts';
import { type Finished, lkit, withTempDir } from '../../support/lkit.ts';
import { makeImage, makeIndex } from '../../support/registry-image.ts';
import { writeService, writeSmallSystem } from './small-system.ts';

interface System {
  readonly folder: string;
  readonly project: string;
  readonly cache: string;
  readonly run: (...args: readonly string[]) => Promise<Finished>;
  /** As `run`, which must succeed; gives what it prints. */
  readonly print: (...args: readonly string[]) => Promise<string>;
  /** Paths of the cache's blobs and derived files. */
  readonly files: () => Promise<readonly string[]>;
  /** The digest of an image of the last build. */
  readonly digestOf: (part: string) => Promise<string>;
}

/** A folder with a small system in `project` that was built once, and commands that run there with a cache of its own. */
async function withBuilt(use: (system: System) => Promise<void>): Promise<void> {
  await withTempDir(async (folder) => {
    const [project, cache] = [path.join(folder, 'project'), path.join(folder, 'cache')];
    await writeSmallSystem(project);
    const run = (...args: readonly string[]): Promise<Finished> =>
      lkit(args, { cwd: project, env: { LKIT_CACHE: cache } });
    const print = async (...args: readonly string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await run(...args);
      assert.equal(exitCode, 0, stderr);
      return stdout;
    };
    const files = async (): Promise<readonly string[]> => {
      const found = ['blobs', 'derived'].map(async (name) => {
        const entries = await readdir(path.join(cache, name), { recursive: true, withFileTypes: true }).catch(() => []);
        return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
      });
      return (await Promise.all(found)).flat();
    };
    const digestOf = async (part: string): Promise<string> => {
      const lock = JSON.parse(await readFile(path.join(project, 'small.lock.json'), 'utf8')) as Lock;
      return lock.images.find(({ image }) => image.includes(part))?.digest ?? '';
    };
    await print('build', 'small.yml');
    await use({ folder, project, cache, run, print, files, digestOf });
  });
}

async function overwrite(file: string): Promise<void> {
  await chmod(file, 0o644);
  const { size } = await stat(file);
  await writeFile(file, Buffer.alloc(size, 'x'));
}

describe('lkit cache', function () {
  this.timeout(60_000);

  it('path prints the folder', async () => {
    const { stdout } = await lkit(['cache', 'path'], { env: { LKIT_CACHE: '/somewhere/else' } });
    assert.equal(stdout, '/somewhere/else\n');
    assert.equal((await lkit(['--cache', '/a', 'cache', 'path'])).stdout, '/a\n');
  });

  it('has examples in every help', async () => {
    for (const name of ['', 'ls', 'rm', 'prune', 'clean', 'export', 'import', 'verify', 'path', 'pull', 'push']) {
      const { exitCode, stdout } = await lkit(['cache', ...(name === '' ? [] : [name]), '--help']);
      assert.equal(exitCode, 0);
      assert.match(stdout, /\nExamples:\n {2}\S/, name);
    }
  });

  it('pull says what is wrong with a name as a person would, who wrote it into no file', async () => {
    await withTempDir(async (folder) => {
      for (const [name, said] of [
        ['oci:missing', `${folder}/missing is no OCI image layout: it has no index.json`],
        ['rootfs:missing', `there is no file or folder ${folder}/missing`],
        ['pkg:./missing', `there is no folder ${folder}/missing`],
        ['', 'the name of an image is empty'],
        ['127.0.0.1:1/team/web', '127.0.0.1:1/team/web: cannot reach 127.0.0.1:1: nobody listens there'],
        ['Web', '"Web" is no image reference: "Web" is no name of a repository'],
      ] as const) {
        const { stderr } = await lkit(['cache', 'pull', name], { cwd: folder, env: { LKIT_CACHE: `${folder}/cache` } });
        assert.equal(stderr.split('\n')[0], `lkit: ${said}`);
      }
    });
  });

  it('knows what was pulled by what it was called then', async () => {
    await withTempDir(async (folder) => {
      const layout = await Store.open(path.join(folder, 'web'));
      const images = [await makeImage(layout), await makeImage(layout, { arch: 'arm64' })];
      await layout.tag('1', await makeIndex(layout, images));
      await mkdir(path.join(folder, 'system/etc'), { recursive: true });
      await writeFile(path.join(folder, 'system/etc/name'), 'x');
      const run = (...args: readonly string[]): Promise<Finished> =>
        lkit(args, { cwd: folder, env: { LKIT_CACHE: path.join(folder, 'cache') } });
      const print = async (...args: readonly string[]): Promise<string> => {
        const { exitCode, stdout, stderr } = await run(...args);
        assert.equal(exitCode, 0, stderr);
        return stdout;
      };
      // The second one is known although the first cannot be had.
      const pulled = await run('cache', 'pull', 'oci:missing', 'oci:web');
      assert.equal(pulled.exitCode, 2);
      assert.equal(pulled.stdout, `oci:web ${images[0]!.descriptor.digest}\n`);
      await print('cache', 'pull', 'rootfs:system');
      await print('cache', 'pull', '--arch', 'arm64', 'oci:web');
      const listed = (await print('cache', 'ls')).split('\n').slice(1, -2);
      assert.deepEqual(listed.map((line) => line.split(/ {2,}/).slice(0, 2)).sort(), [
        ['oci:web', 'amd64'],
        ['oci:web', 'arm64'],
        ['rootfs:system', 'amd64'],
      ]);
      await print('cache', 'export', 'oci:web', '-o', 'web.tar');
      await rm(path.join(folder, 'cache/blobs/sha256', images[0]!.manifest.layers[0]!.digest.slice(7)));
      assert.match(await print('cache', 'verify'), /^got oci:web again$/m);
      await print('cache', 'rm', 'oci:web');
      assert.match((await run('cache', 'rm', 'oci:web')).stderr, /the store has no image "oci:web"/);
      assert.match(await print('cache', 'ls'), /^rootfs:system .*\n.*in all/m);
      assert.match(await print('cache', 'verify'), /all as they were written/);
    });
  });

  it('ls shows each image with its architecture, sizes, last use and what uses it', async () => {
    await withBuilt(async ({ print }) => {
      const [header, ...lines] = (await print('cache', 'ls')).trim().split('\n');
      assert.match(header ?? '', /^NAME +ARCH +SIZE +PACKED +LAST USED +USED BY$/);
      assert.match(lines[0] ?? '', /^oci:\.\/web:latest +amd64 +1\d\d\.\d kB +1\d\d\.\d kB +just now +small$/);
      assert.match(lines[1] ?? '', /^oci:init +amd64 +\d\.\d kB +\d+\.\d kB +just now +small$/);
      assert.match(lines[2] ?? '', /^\d+\.\d kB in all: images and packages .* made from them /);
      assert.equal(lines.length, 3);
    });
  });

  it('ls --json says all of it to programs', async () => {
    await withBuilt(async ({ print, project, digestOf }) => {
      const { images, sizes } = JSON.parse(await print('cache', 'ls', '--json')) as {
        images: readonly Record<string, unknown>[];
        sizes: Record<string, number>;
      };
      const web = images.find(({ calledAs }) => (calledAs as readonly string[]).includes('oci:./web:latest'));
      assert.equal(web?.['digest'], await digestOf('web'));
      assert.deepEqual([web['architecture'], web['complete'], web['names']], ['amd64', true, []]);
      const [user] = web['usedBy'] as readonly Record<string, unknown>[];
      assert.deepEqual([user?.['lock'], user?.['locked']], [path.join(project, 'small.lock.json'), true]);
      assert.ok(Math.abs(Date.parse(web['lastUsed'] as string) - Date.now()) < 60_000);
      assert.equal(sizes['total'], (sizes['blobs'] ?? 0) + (sizes['derived'] ?? 0) + (sizes['state'] ?? 0));
    });
  });

  it('prune removes what no build has used for a while, and says how much that was', async () => {
    await withBuilt(async ({ print, project, files }) => {
      await writeService(project);
      await print('build', 'small.yml');
      const before = await files();
      assert.match(await print('cache', 'prune'), /^freed 0\.0 kB \(0 files\); /);
      assert.match(
        await print('cache', 'prune', '--keep', '0s', '--dry-run'),
        /^would free 2\d\d\.\d kB \(6 files\); /,
      );
      assert.deepEqual(await files(), before);
      assert.match(await print('cache', 'prune', '--keep', '0s'), /^freed 2\d\d\.\d kB \(6 files\); /);
      assert.equal((await files()).length, before.length - 6);
      await print('build', '--locked', 'small.lock.json', 'small.yml');
    });
  });

  it('prune --max-size removes what was used longest ago, though not what is locked', async () => {
    await withBuilt(async ({ print, project, run, digestOf }) => {
      await rm(path.join(project, 'small.lock.json'));
      await writeService(project);
      await print('build', 'small.yml');
      const web = await digestOf('web');
      const { stdout, stderr, exitCode } = await run('cache', 'prune', '--max-size', '1k');
      assert.equal(exitCode, 0);
      assert.match(stdout, /^freed /);
      assert.match(stderr, /^warning: 10\d\.\d kB are left: the rest is locked/);
      assert.ok((await print('cache', 'ls', '--json')).includes(web));
      await print('cache', 'verify');
      await rm(path.join(project, 'small.lock.json'));
      assert.match(await print('cache', 'prune', '--max-size', '1k'), /0\.0 kB are left/);
    });
  });

  it('rm removes an image and what was made of it, unless it is locked', async () => {
    await withBuilt(async ({ print, run, files, digestOf }) => {
      const refused = await run('cache', 'rm', 'oci:./web:latest');
      assert.equal(refused.exitCode, 2);
      assert.match(refused.stderr, /oci:\.\/web:latest is locked by .*small\.lock\.json\n {2}.*--force/);
      const digits = (await digestOf('web')).slice('sha256:'.length, 'sha256:'.length + 12);
      const before = (await files()).length;
      assert.match(await print('cache', 'rm', '--force', digits), /^freed 2\d\d\.\d kB \(6 files\)/);
      assert.equal((await files()).length, before - 6);
      const unknown = await run('cache', 'rm', 'oci:ini');
      assert.equal(unknown.exitCode, 2);
      assert.match(unknown.stderr, /the store has no image "oci:ini" \(did you mean "oci:init"\?\)/);
    });
  });

  it('clean removes everything, and what is needed is made again', async () => {
    await withBuilt(async ({ print, files }) => {
      const before = await files();
      await print('cache', 'clean', '--dry-run');
      assert.deepEqual(await files(), before);
      assert.match(
        await print('cache', 'clean'),
        new RegExp(`^freed .* \\(${before.length} files\\); 0\\.0 kB are left`),
      );
      assert.deepEqual(await files(), []);
      await print('build', '--locked', 'small.lock.json', 'small.yml');
    });
  });

  it('verify finds each damaged file, says what it belongs to, and gets it again', async () => {
    await withBuilt(async ({ print, run, cache, files, digestOf }) => {
      assert.match(await print('cache', 'verify'), /13 files, .*: all as they were written\n$/);
      const manifest = path.join(cache, 'blobs/sha256', (await digestOf('web')).slice('sha256:'.length));
      const { layers } = JSON.parse(await readFile(manifest, 'utf8')) as { layers: readonly { digest: string }[] };
      const layer = layers[0]?.digest ?? '';
      const derived = (await files()).find((file) => file.includes('/derived/small-tree-cpio/')) ?? '';
      await overwrite(path.join(cache, 'blobs/sha256', layer.slice('sha256:'.length)));
      await overwrite(derived);

      const dry = await run('cache', 'verify', '--dry-run');
      assert.equal(dry.exitCode, 1);
      assert.match(dry.stdout, new RegExp(`^damaged: ${layer}, of oci:./web:latest: its content is sha256:`, 'm'));
      assert.match(dry.stdout, /^damaged: small-tree-cpio\/[0-9a-f]{64}, which the next build makes anew: /m);
      assert.match(dry.stdout, /2 damaged\n$/);

      const repaired = await print('cache', 'verify');
      assert.match(repaired, /^got oci:\.\/web:latest again$/m);
      assert.match(await print('cache', 'verify'), /12 files, .*: all as they were written\n$/);
      await print('build', 'small.yml');
    });
  });

  it('verify fails when an image stays damaged, and the next build gets it again', async () => {
    await withBuilt(async ({ print, run, cache, project, digestOf }) => {
      await overwrite(path.join(cache, 'blobs/sha256', (await digestOf('web')).slice('sha256:'.length)));
      await rm(path.join(project, 'web'), { recursive: true });
      const failed = await run('cache', 'verify');
      assert.equal(failed.exitCode, 1);
      assert.match(failed.stdout, /^not whole: oci:\.\/web:latest: .*no OCI image layout/m);
      assert.equal((await run('cache', 'verify', '--no-repair')).exitCode, 1);
      await writeService(project);
      await print('build', 'small.yml');
      assert.match(await print('cache', 'verify'), /all as they were written/);
    });
  });

  it('export and import move images by name, also through pipes', async () => {
    await withBuilt(async ({ print, run, folder, project, digestOf }) => {
      const file = path.join(folder, 'web.tar');
      await print('cache', 'export', '--name', 'example.org/web:1', 'oci:./web:latest', '-o', file);
      const digest = await digestOf('web');
      assert.equal(await print('cache', 'import', file), `example.org/web:1 amd64 ${digest}\n`);
      assert.match(await print('cache', 'ls'), /^example\.org\/web:1|^oci:\.\/web:latest/m);
      const exported = await lkit(['cache', 'export', 'example.org/web:1', '-o', '-'], {
        cwd: project,
        env: { LKIT_CACHE: path.join(folder, 'cache') },
      });
      assert.equal(exported.exitCode, 0, exported.stderr);
      const unnamed = await run('cache', 'export', '-o', file);
      assert.equal(unnamed.exitCode, 2);
      assert.match(unnamed.stderr, /no image is named/);
    });
  });

  it('export writes into a pipe that is there, and through a symlink, and replaces neither', async () => {
    await withBuilt(async ({ print, folder }) => {
      const [pipe, linked, link] = ['pipe', 'linked.tar', 'link.tar'].map((name) => path.join(folder, name));
      assert.ok(pipe !== undefined && linked !== undefined && link !== undefined);
      execFileSync('mkfifo', [pipe]);
      const [read] = await Promise.all([readFile(pipe), print('cache', 'export', 'oci:init', '-o', pipe)]);
      assert.ok((await stat(pipe)).isFIFO());
      await writeFile(linked, '');
      await symlink('linked.tar', link);
      await print('cache', 'export', 'oci:init', '-o', link);
      assert.ok((await lstat(link)).isSymbolicLink());
      assert.deepEqual(await readFile(linked), read);
    });
  });

  it('import takes what docker save wrote before Docker 25', async () => {
    await withBuilt(async ({ print, folder, digestOf }) => {
      const file = path.join(folder, 'web.tar');
      await print('cache', 'export', '--format', 'docker', '--name', 'web:1', await digestOf('web'), '-o', file);
      assert.match(await print('cache', 'import', file), /^docker\.io\/library\/web:1 amd64 sha256:/);
      await print('cache', 'export', 'web:1', '-o', path.join(folder, 'again.tar'));
    });
  });

  it('import says what is wrong with a file', async () => {
    await withBuilt(async ({ run, folder }) => {
      await writeFile(path.join(folder, 'x.tar'), 'no archive '.repeat(100));
      const { exitCode, stderr } = await run('cache', 'import', path.join(folder, 'x.tar'));
      assert.equal(exitCode, 2);
      assert.match(stderr, /x\.tar holds no valid images: this is no tar archive/);
      assert.equal((await run('cache', 'import', path.join(folder, 'none.tar'))).exitCode, 1);
      const { stderr: ofFolder } = await run('cache', 'import', folder);
      assert.equal(ofFolder.split('\n')[0], `lkit: ${folder} is a folder, not an archive`);
    });
  });

  it('says what is wrong with names, and where it cannot write', async () => {
    await withTempDir(async (folder) => {
      const store = await Store.open(path.join(folder, 'cache'));
      await store.tag('only', (await makeImage(store)).descriptor);
      const run = (...args: readonly string[]): Promise<Finished> =>
        lkit(['cache', ...args], { cwd: folder, env: { LKIT_CACHE: path.join(folder, 'cache') } });
      // As after `lkit cache rm "$IMAGE"` without an IMAGE.
      const said = 'lkit: the name of an image is empty\n';
      assert.deepEqual(await run('rm', ''), { exitCode: 2, stdout: '', stderr: said });
      assert.match((await run('ls')).stdout, /^only /m);
      const badName = await run('export', 'only', '--name', 'Not a name', '-o', 'x.tar');
      assert.deepEqual([badName.exitCode, badName.stdout], [2, '']);
      assert.match(badName.stderr, /^lkit: "Not a name" cannot be the name of an image/);
      const nowhere = path.join(folder, 'none/x.tar');
      assert.equal(
        (await run('export', 'only', '-o', nowhere)).stderr,
        `lkit: cannot open ${nowhere}: no such file or folder\n`,
      );
    });
  });

  it('build --limit raises and lowers what an image may cost', async () => {
    await withBuilt(async ({ run, print }) => {
      await print('cache', 'clean');
      const { exitCode, stderr } = await run('build', '--limit', 'unpacked-bytes=50k', 'small.yml');
      assert.equal(exitCode, 1);
      assert.match(stderr, /more than 50000 bytes when unpacked\n {2}.*--limit unpacked-bytes=NUMBER/);
      await print('build', '--limit', 'unpacked-bytes=1M', '--limit', 'entries=10', 'small.yml');
      const unknown = await run('build', '--limit', 'entrys=3', 'small.yml');
      assert.equal(unknown.exitCode, 2);
      assert.match(unknown.stderr, /no limit "entrys" \(did you mean "entries"\?\)/);
    });
  });

  it('an unchanged build writes nothing but times', async () => {
    await withBuilt(async ({ print, cache, files }) => {
      const inodes = async (): Promise<readonly number[]> =>
        Promise.all((await files()).map(async (file) => (await stat(file)).ino));
      const [index, before] = [await stat(path.join(cache, 'index.json')), await inodes()];
      await print('build', 'small.yml');
      assert.deepEqual(await inodes(), before);
      assert.equal((await stat(path.join(cache, 'index.json'))).mtimeMs, index.mtimeMs);
      assert.deepEqual((await verifyStore(await Store.open(cache))).damaged, []);
    });
  });
});
