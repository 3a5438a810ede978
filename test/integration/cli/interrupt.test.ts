import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { main } from '../../support/lkit.ts';

/** Whatever is left of it. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing is.
  }
}

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

  /** Starts a build that waits for apt-get, which is a script here, and gives what its end was like. */
  const interrupted = async (settings: string, interrupt: (pid: number) => void) => {
    const started = path.join(folder, 'started');
    const program = `#!/bin/sh\n${settings}\ntouch ${started}\nsleep 50\n`;
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
    killGroup(child.pid);
    return { exitCode, signal, stderr, seconds: (performance.now() - since) / 1000 };
  };

  const expectEnd = (
    { exitCode, signal, stderr, seconds }: Awaited<ReturnType<typeof interrupted>>,
    mostSeconds: number,
  ): void => {
    assert.deepEqual({ exitCode, signal }, { exitCode: 130, signal: null }, stderr);
    assert.match(stderr, /^lkit: interrupted\n$/m);
    assert.doesNotMatch(stderr, /apt-get/);
    assert.ok(seconds < mostSeconds, `${seconds} s`);
  };

  it('ends both, and leaves nothing behind', async () => {
    expectEnd(await interrupted('', (pid) => process.kill(-pid, 'SIGINT')), 5);
    assert.deepEqual(await readdir(path.join(cache, 'tmp')), []);
  });

  // What it started goes on, and keeps its output open.
  it('waits only so long for a program that is deaf', async () => {
    expectEnd(await interrupted("trap '' INT", (pid) => process.kill(-pid, 'SIGINT')), 20);
  });

  it('ends lkit at once, the second time', async () => {
    const twice = (pid: number): void => {
      process.kill(-pid, 'SIGINT');
      void setTimeout(500).then(() => process.kill(-pid, 'SIGINT'));
    };
    expectEnd(await interrupted("trap '' INT", twice), 5);
  });
});
