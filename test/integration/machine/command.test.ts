import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { splitWords } from '../../../pkg/machine/index.ts';
import { root, withTempDir } from '../../support/lkit.ts';

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(folder: string, args: readonly string[]): Promise<Finished> {
  const program = path.join(root, 'test/integration/machine/run-only.ts');
  const tsx = path.join(root, 'node_modules/tsx/dist/esm/index.mjs');
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { ...process.env, LKIT_ACCEL: 'tcg', LKIT_CACHE: path.join(folder, 'cache') } };
    const child = execFile(
      process.execPath,
      ['--import', tsx, program, 'run', ...args],
      options,
      (_, stdout, stderr) => {
        resolve({ code: child.exitCode ?? -1, stdout, stderr });
      },
    );
    child.stdin?.end();
  });
}

async function withImage(use: (folder: string) => Promise<void>): Promise<void> {
  await withTempDir(async (folder) => {
    const images = path.join(folder, 'it has blanks');
    await mkdir(images);
    for (const file of ['demo-kernel', 'demo-initrd.img']) await writeFile(path.join(images, file), '');
    await writeFile(path.join(images, 'demo-cmdline'), "console=ttyS0 it's\n");
    await use(images);
  });
}

describe('machine: lkit run', function () {
  this.timeout(20_000);

  it('prints, with --dry-run, the command line for a shell, and leaves no trace', async () => {
    await withImage(async (folder) => {
      const args = ['qemu', '-dry-run', '-mem', '2G', '-cpus=2', '-disk', 'size=1G', '-publish', '8080:80', 'demo'];
      const { code, stdout } = await run(folder, [...args, '--qemu-opts', "-fw_cfg 'name=opt/a,string=b c'"]);
      assert.equal(code, 0);
      const words = splitWords(stdout.trim());
      assert.match(words[0] ?? '', /qemu-system-x86_64$/);
      for (const [flag, value] of [
        ['-m', '2048M'],
        ['-smp', '2'],
        ['-append', "console=ttyS0 it's"],
        ['-kernel', path.join(folder, 'demo-kernel')],
        ['-fw_cfg', 'name=opt/a,string=b c'],
      ] as const) {
        assert.equal(words[words.indexOf(flag) + 1], value);
      }
      assert.deepEqual((await readdir(folder)).sort(), ['demo-cmdline', 'demo-initrd.img', 'demo-kernel']);
    });
  });

  for (const [args, message] of [
    [['nothing'], /there is no image nothing.*\n.*lkit build nothing\.yml/],
    [['demo.yml'], /lkit build demo\.yml && lkit run demo/],
    [['-mem', 'lots', 'demo'], /"lots" is not a size for -mem\n.*Examples/],
    [['-mem', '8', 'demo'], /does not fit into 8 MiB of memory: to boot it needs at least 18 MiB\n.*-mem 64/],
    [['-cpus', '0', 'demo'], /"0" is not a number of processors/],
    [['-disk', 'none.qcow2', 'demo'], /there is no disk .*none\.qcow2\n.*size=4G/],
    [['-publish', '80', 'demo'], /"80" does not publish a port\n.*8080:80/],
    [['-arch', 'arm46', 'demo'], /unknown architecture "arm46" \(did you mean "arm64"\?\)/],
    [['-accel', 'warp', 'demo'], /unknown accelerator "warp"/],
    [['-timeout', 'soon', 'demo'], /"soon" is not a time/],
  ] as const) {
    it(`refuses ${args.join(' ')} with exit code 2`, async () => {
      await withImage(async (folder) => {
        const { code, stderr, stdout } = await run(folder, args);
        assert.match(stderr, message);
        assert.equal(stderr.includes('    at '), false);
        assert.deepEqual([code, stdout], [2, '']);
      });
    });
  }
});
