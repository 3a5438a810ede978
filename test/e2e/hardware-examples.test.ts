import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { tools } from '../../pkg/host/tools.ts';
import { findTestFiles } from '../../pkg/vmtest/file/find.ts';
import { parseJunit } from '../support/junit.ts';
import { root } from '../support/lkit.ts';

interface Workflow {
  readonly jobs: {
    readonly test: {
      readonly steps: readonly {
        readonly uses?: string;
        readonly run?: string;
        readonly with?: Readonly<Record<string, string>>;
        readonly env?: Readonly<Record<string, string>>;
      }[];
    };
  };
}

/** Runs a step of the workflow as GitHub does, but with this machine's cache. */
async function runStep(command: string, cwd: string): Promise<{ readonly exitCode: number | null; output: string }> {
  const env = { ...process.env, LKIT_ACCEL: 'tcg', NO_COLOR: '1', GITHUB_ACTIONS: 'true', CI: 'true' };
  const child = spawn('bash', ['-e', '-c', command], { cwd, env });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { exitCode, output };
}

describe('the workflow for GitHub, in a project of all examples', function () {
  this.timeout(400_000);
  let project: string;
  let workflow: Workflow;
  let commands: readonly string[];

  before(async () => {
    project = await mkdtemp(path.join(tmpdir(), 'lkit-test-'));
    await cp(path.join(root, 'examples'), project, { recursive: true });
    // What `npm ci` makes of lkit as a dependency.
    await mkdir(path.join(project, 'node_modules/.bin'), { recursive: true });
    await symlink(path.join(root, 'dist/bin/lkit.js'), path.join(project, 'node_modules/.bin/lkit'));
    workflow = parse(await readFile(path.join(root, 'examples/ci/github.yml'), 'utf8')) as Workflow;
    commands = workflow.jobs.test.steps.flatMap(({ run }) => run ?? []);
  });

  after(async () => {
    await rm(project, { recursive: true });
  });

  it('installs packages of programs that lkit starts, by their names in Debian', () => {
    const [install = ''] = commands;
    const [, packages = ''] = /^apt-get update && apt-get install -y --no-install-recommends (.*)$/.exec(install) ?? [];
    const known = Object.values(tools).map(({ packages: { apt } }) => apt);
    for (const name of packages.split(' ')) assert.ok(known.includes(name), name);
  });

  it('keeps the cache that it uses', () => {
    const { steps } = workflow.jobs.test;
    const cached = steps.find(({ uses }) => uses?.startsWith('actions/cache@'))?.with?.['path'];
    const used = steps.find(({ run }) => run?.includes('lkit test'))?.env?.['LKIT_CACHE'];
    assert.ok(used !== undefined && cached === used);
  });

  it('tests every example, and all pass', async () => {
    const [, dependencies, ...others] = commands;
    assert.equal(dependencies, 'npm ci');
    for (const command of others) {
      const { exitCode, output } = await runStep(command, project);
      assert.equal(exitCode, 0, `${command}\n${output}`);
    }
    const { testsuite } = parseJunit(await readFile(path.join(project, 'results.xml'), 'utf8'));
    const files = (await findTestFiles([path.join(root, 'examples')])).map((file) =>
      path.relative(path.join(root, 'examples'), file),
    );
    assert.deepEqual(testsuite.map(({ name }) => name).sort(), [...files].sort());
    assert.ok(files.length >= 5);
  });
});
