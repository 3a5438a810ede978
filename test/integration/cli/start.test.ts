import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { main, root } from '../../support/lkit.ts';

const execute = promisify(execFile);

describe('the start of lkit', function () {
  this.timeout(60_000);
  let folder: string;
  let yaml: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lkit-test-'));
    yaml = path.join(folder, 'lkit.yml');
    await writeFile(yaml, 'kernel: {image: "pkg:kernel"}\ninit: ["pkg:init"]\n');
  });

  after(() => rm(folder, { recursive: true }));

  it('compiles nothing of what lkit validate runs', async () => {
    // Tells what V8 says of each file's bytecode, which it refuses for another version of itself.
    const spy = path.join(folder, 'spy.cjs');
    await writeFile(
      spy,
      `const vm = require('node:vm');
      vm.Script = class extends vm.Script {
        constructor(source, options) {
          super(source, options);
          console.error(this.cachedDataRejected, options.filename);
        }
      };`,
    );
    const { stderr } = await execute(process.execPath, ['--require', spy, main, 'validate', yaml]);
    const lines = stderr.trim().split('\n');
    assert.ok(lines.length > 5, stderr);
    for (const line of lines) assert.match(line, /^false /);
  });

  it('imports what is no part of lkit: a model of the user’s own', async () => {
    await writeFile(
      path.join(folder, 'lamp.mjs'),
      `import { basename } from 'node:path';
      export default {
        name: basename('/a/lamp'), description: 'A lamp', dataSheet: 'none', addresses: [0x40],
        quantities: { light: { unit: '%', minimum: 0, maximum: 100, default: 50, resolution: 1 } },
        encode: ({ light }) => [{ register: 0, bytes: [light] }],
        decode: () => ({ light: 0 }),
      };`,
    );
    const system = path.join(folder, 'hardware.yml');
    const device = '{address: 0x40, model: ./lamp.mjs, lihgt: 20}';
    await writeFile(system, `init: ["pkg:init"]\nhardware: {i2c: [{name: a, devices: [${device}]}]}\n`);
    await assert.rejects(execute(process.execPath, [main, 'validate', system]), /unknown key "lihgt".*"light"/);
  });

  for (const [what, damage] of Object.entries({
    'is gone': (file: string) => rm(file),
    'is cut': async (file: string) => truncate(file, Math.floor((await readFile(file)).length / 2)),
    'is empty': (file: string) => truncate(file, 0),
    'is of another version of V8': async (file: string) => {
      const bytes = await readFile(file);
      // Behind the magic number, the hash of the version.
      bytes.writeUInt32LE(bytes.readUInt32LE(4) ^ 1, 4);
      await writeFile(file, bytes);
    },
  })) {
    it(`works where the bytecode ${what}`, async () => {
      const copy = path.join(folder, what.replaceAll(' ', '-'));
      await cp(path.join(root, 'dist/bin'), path.join(copy, 'dist/bin'), { recursive: true });
      for (const name of ['node_modules', 'schemas', 'package.json']) {
        await symlink(path.join(root, name), path.join(copy, name));
      }
      const bin = path.join(copy, 'dist/bin');
      const code = (await readdir(bin)).filter((name) => name.endsWith('.code'));
      assert.notEqual(code.length, 0);
      for (const name of code) await damage(path.join(bin, name));
      await execute(process.execPath, [path.join(bin, 'lkit.js'), 'validate', yaml]);
    });
  }

  for (const command of ['--help', 'build --help', 'build --format help', '--nonsense 2>&1']) {
    it(`ends quietly where nobody reads the output of lkit ${command}`, async () => {
      const script = `{ sleep 0.2; ${process.execPath} ${main} ${command}; echo "code $?" >&2; } | true`;
      const { stderr } = await execute('sh', ['-c', script]);
      assert.equal(stderr, 'code 141\n');
    });
  }

  it('says what broke where something breaks that nobody waits for', async () => {
    const fault = path.join(folder, 'fault.cjs');
    await writeFile(fault, `setTimeout(() => { throw new Error('broken'); }, 0);`);
    const run = (...flags: readonly string[]) =>
      execute(process.execPath, ['--require', fault, main, ...flags, 'validate', yaml]);
    const expectation = (pattern: RegExp) => (error: { readonly code: number; readonly stderr: string }) => {
      assert.equal(error.code, 1);
      assert.match(error.stderr, pattern);
      return true;
    };
    await assert.rejects(run(), expectation(/^lkit: internal error: broken\n.*--verbose shows where.*\n$/));
    await assert.rejects(run('--verbose'), expectation(/^lkit: internal error: broken\nError: broken\n +at /));
  });
});
