import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Lock } from '../../../pkg/lock/index.ts';
import { type Finished, lkit, root, withTempDir } from '../../support/lkit.ts';
import { writeService, writeSmallSystem } from '../cache/small-system.ts';

const main = path.join(root, 'dist/bin/lkit.js');

/** A folder with a small system in `project`, and commands that run there with a cache of its own. */
async function withSystem(
  use: (system: {
    folder: string;
    project: string;
    run: (...args: readonly string[]) => Promise<Finished>;
  }) => Promise<void>,
): Promise<void> {
  await withTempDir(async (folder) => {
    const project = path.join(folder, 'project');
    await writeSmallSystem(project);
    const env = { LKIT_CACHE: path.join(folder, 'cache') };
    await use({ folder, project, run: (...args) => lkit(args, { cwd: project, env }) });
  });
}

async function succeed(result: Promise<Finished>): Promise<Finished> {
  const finished = await result;
  assert.equal(finished.exitCode, 0, finished.stderr);
  return finished;
}

describe('lock files', function () {
  this.timeout(60_000);

  it('are written beside the output, the same wherever the project is, and name no folder', async () => {
    await withSystem(async ({ folder, project, run }) => {
      await succeed(run('build', '--dir', 'out', 'small.yml'));
      const file = path.join(project, 'out/small.lock.json');
      const text = await readFile(file, 'utf8');
      const lock = JSON.parse(text) as Lock;
      assert.deepEqual(
        lock.images.map(({ image, platform }) => [image, platform]),
        [
          ['oci:./init', 'linux/amd64'],
          ['oci:./web:latest', 'linux/amd64'],
        ],
      );
      assert.ok(!text.includes(folder));
      const { mtimeMs } = await stat(file);
      await succeed(run('build', '--dir', 'out', path.join(project, 'small.yml')));
      assert.equal(await readFile(file, 'utf8'), text);
      assert.equal((await stat(file)).mtimeMs, mtimeMs);
      await succeed(run('build', '--dir', 'other', '--no-lock', 'small.yml'));
      assert.ok(!(await readdir(path.join(project, 'other'))).includes('small.lock.json'));
    });
  });

  it('bring the locked images back, though their origin has changed or is gone', async () => {
    await withSystem(async ({ project, run }) => {
      await succeed(run('build', 'small.yml'));
      const before = await readFile(path.join(project, 'small-initrd.img'));
      await writeService(project);
      await succeed(run('build', '--locked', 'small.lock.json', '--name', 'again', 'small.yml'));
      assert.deepEqual(await readFile(path.join(project, 'again-initrd.img')), before);
      await rm(path.join(project, 'web'), { recursive: true });
      await succeed(run('build', '--locked', 'small.lock.json', '--name', 'again', 'small.yml'));
      await rm(path.join(project, 'init'), { recursive: true });
      await succeed(run('build', '--locked', 'small.lock.json', '--name', 'again', 'small.yml'));
    });
  });

  it('end a build that cannot keep to them, with each difference', async () => {
    await withSystem(async ({ project, run }) => {
      await succeed(run('build', 'small.yml'));
      const lock = JSON.parse(await readFile(path.join(project, 'small.lock.json'), 'utf8')) as Lock;
      await writeService(project);
      await succeed(run('cache', 'clean'));
      const { exitCode, stderr } = await run('build', '--locked', 'small.lock.json', '--name', 'again', 'small.yml');
      assert.equal(exitCode, 2, stderr);
      assert.match(stderr, /the system is not what .*small\.lock\.json says:/);
      const locked = lock.images.find(({ image }) => image.includes('web'))?.digest ?? '';
      assert.match(stderr, new RegExp(`oci:./web:latest \\(linux/amd64\\): locked is ${locked}, but it is sha256:`));
      assert.ok(!stderr.includes('oci:./init'));
      assert.ok(!(await readdir(project)).some((name) => name.startsWith('again')));
    });
  });

  it('end a build with an image that they do not list, and mention those that it does not use', async () => {
    await withSystem(async ({ project, run }) => {
      await succeed(run('build', 'small.yml'));
      await writeFile(path.join(project, 'more.yml'), 'services:\n  - {name: more, image: oci:./more}\n');
      const more = await run('build', '--locked', 'small.lock.json', 'small.yml', 'more.yml');
      assert.equal(more.exitCode, 2);
      assert.match(
        more.stderr,
        /more\.yml:2:\d+: oci:\.\/more \(linux\/amd64\) is not in the lock .*small\.lock\.json/,
      );
      await writeFile(path.join(project, 'less.yml'), 'init: [oci:init]\n');
      const less = await succeed(run('build', '--locked', 'small.lock.json', 'less.yml'));
      assert.match(less.stderr, /oci:\.\/web:latest \(linux\/amd64\) is locked, but not used/);
    });
  });

  it('are refused when they are missing or damaged', async () => {
    await withSystem(async ({ project, run }) => {
      const missing = await run('build', '--locked', 'no.lock.json', 'small.yml');
      assert.equal(missing.exitCode, 2);
      assert.match(missing.stderr, /cannot read the lock no\.lock\.json: there is no such file/);
      await writeFile(path.join(project, 'bad.lock.json'), '{"version": 1, "images": [{}]}');
      const bad = await run('build', '--locked', 'bad.lock.json', 'small.yml');
      assert.equal(bad.exitCode, 2);
      assert.match(bad.stderr, /bad\.lock\.json is not a valid lock: "images\[0\]\.digest" should be a string/);
    });
  });

  it('keep what they list in the cache, as long as they are there', async () => {
    await withSystem(async ({ project, run }) => {
      await succeed(run('build', 'small.yml'));
      await writeService(project);
      await succeed(run('cache', 'prune', '--keep', '0s', '--max-size', '0'));
      await succeed(run('build', '--locked', 'small.lock.json', 'small.yml'));
      await rm(path.join(project, 'small.lock.json'));
      await succeed(run('cache', 'prune', '--keep', '0s'));
      const { stdout } = await succeed(run('cache', 'ls'));
      assert.match(stdout, /^0\.0 kB in all/);
    });
  });

  it('make a bundle that builds the same on a machine without network, cache and sources', async () => {
    await withSystem(async ({ folder, project, run }) => {
      await succeed(run('build', 'small.yml'));
      const bundle = path.join(folder, 'bundle.tar');
      await succeed(run('cache', 'export', '--lock', 'small.lock.json', '-o', bundle));
      for (const name of ['init', 'web']) await rm(path.join(project, name), { recursive: true });
      const script = '"$0" "$1" cache import "$2" && "$0" "$1" build --locked small.lock.json --name again small.yml';
      const args = ['--user', '--map-root-user', '--net', 'sh', '-euc', script, process.execPath, main, bundle];
      const env = { ...process.env, LKIT_CACHE: path.join(folder, 'other') };
      await promisify(execFile)('unshare', args, { cwd: project, env });
      const [first, again] = await Promise.all(
        ['small', 'again'].map((name) => readFile(path.join(project, `${name}-initrd.img`))),
      );
      assert.deepEqual(again, first);
    });
  });
});
