import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Finished, lkit, type LkitOptions, root, withTempDir } from '../support/lkit.ts';

/** Builds a YAML text in an empty folder and gives back what lkit said and what it left there. */
async function buildText(
  yaml: string,
  args: readonly string[] = [],
  options: LkitOptions = {},
): Promise<Finished & { readonly left: readonly string[] }> {
  return await withTempDir(async (folder) => {
    await writeFile(path.join(folder, 'lkit.yml'), yaml);
    const finished = await lkit(['build', 'lkit.yml', ...args], { cwd: folder, ...options });
    const left = (await readdir(folder, { recursive: true })).filter((name) => name !== 'lkit.yml');
    return { ...finished, left };
  });
}

function assertRefused(result: Finished, exitCode: number, message: RegExp): void {
  assert.match(result.stderr, message);
  assert.doesNotMatch(result.stderr, /^ {4}at /m, 'no stack trace');
  assert.doesNotMatch(result.stderr, /internal error/);
  assert.equal(result.exitCode, exitCode, result.stderr);
}

const kernel = 'kernel:\n  image: pkg:kernel\n  cmdline: console=ttyS0\n';
const init = 'init:\n  - pkg:init\n  - pkg:crun\n';

describe('lkit build, given bad input', function () {
  this.timeout(180_000);

  it('names a file that is missing', async () => {
    const result = await lkit(['build', 'no-such.yml']);
    assertRefused(result, 2, /^lkit: cannot read no-such\.yml: there is no such file$/m);
  });

  const invalid: readonly (readonly [string, string, RegExp])[] = [
    ['broken YAML', 'kernel:\n  image: "pkg:kernel\n', /lkit\.yml:\d+:\d+: /],
    ['an unknown key', `${kernel}servces: []\n`, /lkit\.yml:4:1: .*"servces".*[\s\S]*did you mean.*services/],
    ['an unknown package', `${kernel}init:\n  - pkg:innit\n`, /lkit\.yml:5:5: .*innit[\s\S]*init/],
    [
      'a kernel image without a kernel',
      `kernel:\n  image: pkg:hello_world\n${init}`,
      /lkit\.yml:2:10: .*has no file "kernel"/,
    ],
    [
      'a module that the kernel does not have',
      `${kernel}  modules: [i2c-stb]\n${init}`,
      /lkit\.yml:4:13: .*no module "i2c-stb"\n {4}4 \| .*i2c-stb\]\n {6}\| {13}\^\n.*i2c-stub/,
    ],
    [
      'a module that load_modules is told to load',
      `${kernel}${init}onboot:\n  - name: m\n    image: pkg:load_modules\n    command: [/usr/bin/load_modules, i2c-dv]\n`,
      /lkit\.yml:\d+:\d+: .*no module "i2c-dv"\n[^]*i2c-dev/,
    ],
    ['no init image that can boot', `${kernel}init:\n  - pkg:crun\n`, /lkit\.yml:5:5: none of the init images/],
  ];
  for (const [what, yaml, message] of invalid) {
    it(`refuses ${what}, with its place, and writes nothing`, async () => {
      const result = await buildText(yaml);
      assertRefused(result, 2, message);
      assert.deepEqual(result.left, []);
    });
  }

  it('names the package of a tool that is missing', async () => {
    await withTempDir(async (folder) => {
      for (const suffix of ['kernel', 'initrd.img', 'cmdline']) await writeFile(path.join(folder, `x-${suffix}`), '');
      const withoutPrograms = { cwd: folder, env: { PATH: folder, LKIT_CACHE: path.join(folder, 'cache') } };
      const run = await lkit(['run', 'qemu', '-arch', 'x86_64', 'x'], withoutPrograms);
      assertRefused(run, 1, /qemu-system-x86_64 is not installed[\s\S]*apt-get install qemu-system-x86/);
      await writeFile(path.join(folder, 'x.yml'), `${kernel}${init}`);
      const build = await lkit(['build', 'x.yml'], withoutPrograms);
      assertRefused(build, 1, /no apt/);
    });
  });

  it('says why a folder cannot be written', async () => {
    const result = await buildText(`${kernel}${init}`, ['--dir', 'lkit.yml/out']);
    assertRefused(result, 1, /cannot write .*lkit\.yml\/out\/lkit-kernel: a file stands where a folder is needed/);
    assert.deepEqual(result.left, []);
  });

  it('leaves nothing half-written on a full disk', async () => {
    await withTempDir(async (folder) => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'lkit-test', folder]);
      try {
        const yaml = path.join(folder, 'lkit.yml');
        await writeFile(yaml, `${kernel}${init}`);
        const result = await lkit(['build', yaml], { cwd: folder });
        assertRefused(result, 1, /the disk is full/);
        assert.deepEqual(await readdir(folder), ['lkit.yml']);
      } finally {
        execFileSync('umount', [folder]);
      }
    });
  });

  it('says which formats there are', async () => {
    assertRefused(await buildText(`${kernel}${init}`, ['--format', 'floppy']), 2, /floppy[\s\S]*kernel\+initrd/);
  });
});

describe('lkit, typed wrongly', () => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['biuld'], /unknown command 'biuld'[\s\S]*build/],
    [['build'], /missing required argument 'file'/],
    [['build', '--arch', 'sparc', 'x.yml'], /sparc[\s\S]*amd64/],
    [['build', '--nmae', 'x', 'x.yml'], /unknown option '--nmae'[\s\S]*--name/],
    [['run', 'qemu', '-mem', 'lots', 'x'], /lots[\s\S]*2G|2048/],
    [['run', 'qemu', 'no-such-system'], /no-such-system/],
  ];
  for (const [args, message] of wrong) {
    it(`lkit ${args.join(' ')}`, async () => {
      await withTempDir(async (folder) => {
        assertRefused(await lkit(args, { cwd: folder }), 2, message);
      });
    });
  }

  it('helps, with examples', async () => {
    for (const command of [[], ['build'], ['run'], ['run', 'qemu'], ['pkg', 'build']]) {
      const { exitCode, stdout } = await lkit([...command, '--help'], { cwd: root });
      assert.equal(exitCode, 0);
      assert.match(stdout, /Examples:/, `lkit ${command.join(' ')} --help`);
    }
  });
});
