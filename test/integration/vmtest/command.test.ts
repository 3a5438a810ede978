import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Finished, lkit, startLkit, withTempDir } from '../../support/lkit.ts';

const system = 'kernel: {image: "pkg:kernel"}\ninit: ["pkg:init"]\nservices: [{name: web, image: "pkg:getty"}]\n';

/** Runs `lkit test` on files in a folder of their own. */
async function testWith(files: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Finished> {
  return await withTempDir(async (folder) => {
    for (const [name, text] of Object.entries({ 'system.yml': system, ...files })) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text);
    }
    return await lkit(['test', ...args], { cwd: folder });
  });
}

const steps = (...lines: readonly string[]): string =>
  `image: system.yml\ntests:\n- name: t\n  steps:\n${lines.map((line) => `  - ${line}\n`).join('')}`;

describe('lkit test, before anything is built', function () {
  this.timeout(20_000);

  it('reports all mistakes of all files, with places and near misses: exit code 2', async () => {
    const { exitCode, stderr, stdout } = await testWith(
      { 'a.test.yml': steps('consle: x', 'console: /(/'), 'sub/b.test.yml': 'image: a.yml\ntests: [{nam: t}]\n' },
      '.',
    );
    assert.equal(exitCode, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^a\.test\.yml:5:5: unknown key "consle" in step \(did you mean "console"\?\)$/m);
    assert.match(stderr, /^sub\/b\.test\.yml:2:10: unknown key "nam" in test \(did you mean "name"\?\)$/m);
    assert.match(stderr, /^a\.test\.yml:6:14: this is not a regular expression: /m);
    assert.match(stderr, /^ {4}5 \| {3}- consle: x$/m);
  });

  it('reports what is wrong with the system: exit code 2', async () => {
    const { exitCode, stderr } = await testWith(
      { 'system.yml': 'kernl: {}\ninit: [pkg:int]\n', 'a.test.yml': steps('powerOff') },
      'a.test.yml',
    );
    assert.equal(exitCode, 2);
    assert.match(stderr, /^system\.yml:1:1: unknown key "kernl" \(did you mean "kernel"\?\)$/m);
    assert.match(stderr, /^system\.yml:2:8: lkit has no package "int" \(did you mean "init"\?\)$/m);
  });

  it('knows the services of the system: exit code 2', async () => {
    const { exitCode, stderr } = await testWith(
      { 'a.test.yml': steps('service: {name: wbe}', 'run: {in: web, command: ls}') },
      'a.test.yml',
    );
    assert.equal(exitCode, 2);
    assert.match(stderr, /^a\.test\.yml:5:5: there is no service "wbe"/m);
    assert.doesNotMatch(stderr, /:6:/);
  });

  const wrong: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[], RegExp])[] = [
    ['a folder without tests', {}, ['.'], /there is no \*\.test\.yml in \./],
    ['a file that is not there', {}, ['x.test.yml'], /cannot read x\.test\.yml: there is no such file/],
    [
      'a system that is not there',
      { 'a.test.yml': 'image: none.yml\ntests: [{name: t, steps: [powerOff]}]\n' },
      ['a.test.yml'],
      /a\.test\.yml:2:16: the image of this test cannot be read: none\.yml/,
    ],
    [
      'a name that no test has',
      { 'a.test.yml': steps('powerOff') },
      ['--only', 'x', 'a.test.yml'],
      /no test has "x" in its name; there are:\n {2}t/,
    ],
    ['a number of jobs that is none', {}, ['--jobs', '0', '.'], /--jobs.*It should be a number from 1/],
  ];
  for (const [what, files, args, message] of wrong) {
    it(`refuses ${what}: exit code 2`, async () => {
      const { exitCode, stderr } = await testWith(files, ...args);
      assert.equal(exitCode, 2, stderr);
      assert.match(stderr, message);
    });
  }

  it('fails a test whose image is not there: exit code 3, an error in JUnit XML', async () => {
    const { exitCode, stdout } = await testWith(
      { 'a.test.yml': 'image: none\ntests: [{name: t, steps: [powerOff]}]\n' },
      'a.test.yml',
    );
    assert.equal(exitCode, 3);
    assert.match(stdout, /^FAIL {2}a\.test\.yml: t \([\d.]+ s\)\n.*a\.test\.yml:2:16\n.*there is no image .*none/m);
    assert.match(stdout, /^1 test: 0 passed, 1 failed/m);
  });

  it('runs the tests again when a file has changed, until it is interrupted: --watch', async () => {
    await withTempDir(async (folder) => {
      const file = path.join(folder, 'a.test.yml');
      const write = (image: string): Promise<void> =>
        writeFile(file, `image: ${image}\ntests: [{name: t, steps: [powerOff]}]\n`);
      await write('first');
      const child = startLkit(['test', '--watch', 'a.test.yml'], { cwd: folder });
      const exited = new Promise((resolve) => child.once('close', resolve));
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
      const sees = async (pattern: RegExp): Promise<void> => {
        while (!pattern.test(said)) await new Promise((resolve) => setTimeout(resolve, 20));
        await new Promise((resolve) => setTimeout(resolve, 600));
      };
      await sees(/there is no image .*first[^]*1 failed/);
      await writeFile(file, 'imag: x');
      await sees(/unknown key "imag"/);
      await write('second');
      await sees(/there is no image .*second[^]*1 failed/);
      child.kill('SIGINT');
      assert.equal(await exited, 130);
      assert.equal(said.match(/1 failed/g)?.length, 2, said);
    });
  });
});
