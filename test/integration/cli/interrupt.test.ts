import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { main } from '../../support/lkit.ts';

describe('Ctrl-C while lkit waits for a program', function () {
  this.timeout(60_000);
  let folder: string;
  let cache: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lkit-test-'));
    cache = path.join(folder, 'cache');
    await mkdir(path.join(folder, 'bin'));
    await mkdir(path.join(folder, 'package'));
    await writeFile(path.join(folder, 'package/build.yml'), 'image: one\n');
    await writeFile(path.join(folder, 'package/debian.yml'), 'packages: [busybox-static]\nfiles: [/bin/busybox]\n');
  });

  afterEach(() => rm(folder, { recursive: true }));

  /** Starts a build that waits for apt-get, which does what `script` says, and gives what its end was like. */
  const interrupted = async (script: string, interrupt: (pid: number) => void) => {
    const started = path.join(folder, 'started');
    const program = `#!/bin/sh\ntouch ${started}\n${script}\n`;
    await writeFile(path.join(folder, 'bin/apt-get'), program, { mode: 0o755 });
    const child = spawn(process.execPath, [main, '--cache', cache, 'pkg', 'build', './package'], {
      cwd: folder,
      env: { ...process.env, PATH: `${folder}/bin:${process.env['PATH'] ?? ''}` },
      // A group of its own, as a shell gives to each of its commands.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const isStarted = (): Promise<boolean> =>
      access(started).then(
        () => true,
        () => false,
      );
    while (child.exitCode === null && !(await isStarted())) await setTimeout(10);
    assert.ok(child.pid !== undefined && child.exitCode === null, stderr);
    const end = once(child, 'close');
    const since = performance.now();
    interrupt(child.pid);
    const [exitCode, signal] = (await end) as [number | null, string | null];
    return { exitCode, signal, stderr, seconds: (performance.now() - since) / 1000 };
  };

  const expectOrder = async ({ exitCode, signal, stderr }: Awaited<ReturnType<typeof interrupted>>): Promise<void> => {
    assert.deepEqual({ exitCode, signal }, { exitCode: 130, signal: null }, stderr);
    assert.match(stderr, /^lkit: interrupted\n$/m);
    assert.doesNotMatch(stderr, /apt-get/);
    assert.deepEqual(await readdir(path.join(cache, 'tmp')), []);
  };

  it('ends both, in order', async () => {
    const result = await interrupted('exec sleep 50', (pid) => process.kill(-pid, 'SIGINT'));
    await expectOrder(result);
    assert.ok(result.seconds < 5, `${result.seconds} s`);
  });

  it('ends a program that does not hear it, a little later', async () => {
    const result = await interrupted("trap '' INT\nsleep 50", (pid) => process.kill(-pid, 'SIGINT'));
    await expectOrder(result);
    assert.ok(result.seconds < 20, `${result.seconds} s`);
  });

  it('ends lkit at once, the second time', async () => {
    const result = await interrupted("trap '' INT\nsleep 50", (pid) => {
      process.kill(-pid, 'SIGINT');
      void setTimeout(500).then(() => process.kill(-pid, 'SIGINT'));
    });
    assert.equal(result.exitCode, 130);
    assert.ok(result.seconds < 5, `${result.seconds} s`);
  });
});
