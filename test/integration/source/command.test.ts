import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Engine, startEngine } from '../../support/docker-engine.ts';
import { type Finished, lkit } from '../../support/lkit.ts';

describe('lkit build with a container engine', function () {
  this.timeout(60_000);
  let scratch: string;
  let engine: Engine;

  before(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'lkit-command-'));
    engine = await startEngine(path.join(scratch, 'engine'));
  });
  after(async () => {
    await engine.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  /** `lkit build --dry-run` of a system with one service. */
  async function build(service: string, socket: string, flags: readonly string[] = []): Promise<Finished> {
    await writeFile(path.join(scratch, 'system.yml'), `services:\n  - name: demo\n    ${service}\n`);
    const env = { DOCKER_HOST: `unix://${scratch}/${socket}`, LKIT_CACHE: path.join(scratch, 'store') };
    return lkit(['build', '--dry-run', ...flags, 'system.yml'], { cwd: scratch, env });
  }

  it('builds a folder once, and finds the image with --docker and docker-daemon:', async () => {
    await mkdir(path.join(scratch, 'demo'), { recursive: true });
    await writeFile(path.join(scratch, 'demo/Dockerfile'), 'FROM scratch\nADD Dockerfile /note\n');
    const built = await build('build: ./demo', 'engine/docker.sock');
    assert.equal(built.exitCode, 0, built.stderr);
    const digest = /@sha256:[0-9a-f]{64}/.exec(built.stdout)?.[0];
    assert.ok(digest !== undefined, built.stdout);
    const again = await build('build: ./demo', 'nothing.sock');
    assert.deepEqual([again.exitCode, again.stdout], [0, built.stdout], again.stderr);
    const name = 'lkit-build/demo:amd64';
    for (const [text, flags] of [
      [name, ['--docker']],
      [`docker-daemon:${name}`, []],
    ] as const) {
      const found = await build(`image: ${text}`, 'engine/docker.sock', flags);
      assert.equal(found.exitCode, 0, found.stderr);
      assert.ok(found.stdout.includes(digest), found.stdout);
    }
  });

  it('says what is missing, where, and what to do', async () => {
    const none = await build('image: docker-daemon:demo:1', 'nothing.sock');
    assert.equal(none.exitCode, 1);
    assert.match(
      none.stderr,
      /system\.yml:3:12: docker-daemon:demo:1 needs a container engine[^]*nothing\.sock[^]*DOCKER_HOST/,
    );
    const missing = await build('build: ./missing', 'engine/docker.sock');
    assert.equal(missing.exitCode, 2);
    assert.match(missing.stderr, /system\.yml:3:12: there is no folder .*missing/);
  });
});
