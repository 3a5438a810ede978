import assert from 'node:assert/strict';
import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type JunitCase, parseJunit } from '../support/junit.ts';
import { type Finished, lkit, root, startLkit } from '../support/lkit.ts';

const fixtures = path.join(root, 'test/e2e/fixtures/vmtest');

/** The command lines of processes that have something to do with a folder. */
async function processesOf(folder: string): Promise<readonly string[]> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(all.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.startsWith('/usr/bin/qemu') && line.includes(folder));
}

describe('lkit test', function () {
  this.timeout(300_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lkit-test-'));
  });

  after(async () => {
    await rm(folder, { recursive: true });
  });

  describe('of tests that pass and tests that fail, each in its way', () => {
    let finished: Finished;
    let cases: ReadonlyMap<string, JunitCase>;

    before(async () => {
      finished = await lkit(['test', fixtures, '--reporter', 'tap', '--github', '--junit', 'junit.xml'], {
        cwd: folder,
      });
      // Without a report its messages say why there is none.
      assert.equal(finished.exitCode, 3, finished.stderr);
      const { testsuite } = parseJunit(await readFile(path.join(folder, 'junit.xml'), 'utf8'));
      cases = new Map(testsuite.flatMap(({ testcase }) => testcase).map((each) => [each.name, each]));
    });

    it('ends with exit code 3, and prints TAP', () => {
      assert.match(finished.stdout, /^TAP version 14\n1\.\.11\n/);
    });

    const passing = ['sees everything', 'may fail', 'waits for the failure [cmdline=]'];
    for (const name of [...passing, 'waits for the failure [cmdline=mitigations=off]']) {
      it(`passes: ${name}`, () => {
        assert.deepEqual(cases.get(name)?.failure, undefined);
        assert.ok(finished.stdout.includes(`- ${path.join(fixtures, 'passing.test.yml')}: ${name}\n`));
      });
    }

    const failing: readonly (readonly [string, string, RegExp])[] = [
      ['panics', 'panic', /sysrq triggered crash/],
      ['runs out of memory', 'out-of-memory', /its kernel killed awk/],
      ['crashes', 'crash', /service fragile exited with code 5/],
      ['powers off', 'power-off', /powered off before the last step/],
      ['falls silent', 'hang', /has said nothing for 2 s, and the console has not shown "never shown"/],
      ['takes too long', 'hang', /the test's 10 s are over/],
      ['is not as expected', 'assertion', /standard output is not \/BSD\/:\s+Linux/],
    ];
    for (const [name, kind, message] of failing) {
      it(`fails, and names why: ${name}`, () => {
        const failure = cases.get(name)?.failure;
        assert.equal(failure?.type, kind, failure?.message);
        assert.match(failure.message, message);
        assert.match(
          finished.stderr,
          new RegExp(`^::error file=.*failing\\.test\\.yml,line=\\d+,col=\\d+::${name}`, 'm'),
        );
      });
    }

    it('leaves the console, the logs, the times and a way to run it again in a folder for each', async () => {
      const crashed = path.join(folder, 'lkit-test/failing/crashes');
      const read = (name: string): Promise<string> => readFile(path.join(crashed, name), 'utf8');
      assert.match(await read('console.log'), /lkit: service fragile exited with code 5/);
      assert.equal(await read('logs/fragile.log'), 'no sensor at 0x76\n');
      assert.match(await read('logs/dmesg.log'), /Linux version/);
      assert.match(await read('timeline.txt'), /^ +\d+\.\d{3} s {2}lkit: service fragile exited with code 5$/m);
      assert.match(await read('reproduce.sh'), /^cd .* && exec lkit test --only crashes .*failing\.test\.yml$/m);
      assert.match(await read('reproduce.sh'), /^# {3}\S*qemu-system-x86_64 .* -m 160M /m);
      await assert.rejects(access(path.join(folder, 'lkit-test/passing/may-fail/machine')), 'disks of what has passed');
    });

    it('leaves no machine', async () => {
      assert.deepEqual(await processesOf(folder), []);
    });
  });

  it('stops all machines when it is interrupted, and ends with exit code 130', async () => {
    const child = startLkit(['test', '--only', 'takes too long', '--only', 'panics', fixtures], { cwd: folder });
    const exited = new Promise((resolve) => child.once('close', resolve));
    while ((await processesOf(folder)).length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGINT');
    assert.equal(await exited, 130);
    assert.deepEqual(await processesOf(folder), []);
  });
});
