import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkHardware, HardwareError, withHardware } from '../../../pkg/hardware/index.ts';
import { parseSpec, type ServiceSpec, type Spec } from '../../../pkg/spec/index.ts';
import { said, specOf } from '../spec/support.ts';
import { bus } from './support.ts';

const scenario =
  '  scenarios:\n    - name: heat\n      after: [web]\n      repeat: 0\n      steps: [{at: 0s, device: lm75, ramp: {temperature: 40 °C}, over: 1s}]\n';
const web = 'services:\n  - {name: web, image: x}\n';

describe('withHardware', () => {
  it('leaves a system without hardware as it is', async () => {
    const spec = specOf(web);
    assert.equal(await withHardware(spec, 'amd64'), spec);
  });

  it('adds a container before all others, a service for each scenario, and the files that they read', async () => {
    const spec = await withHardware(
      specOf(
        `${bus('{address: 0x48, model: lm75, temperature: 21.5 °C, driver: true}', '{address: 0x20, registers: {0x10: 7}}')}${scenario}${web}onboot:\n  - {name: first, image: y}\n`,
      ),
      'amd64',
    );
    assert.deepEqual(
      spec.onboot.map(({ name, command }) => [name, command]),
      [
        ['hardware', ['/usr/bin/hardware', 'i2c-dev', 'i2c-stub', 'chip_addr=0x48,0x20', 'lm75']],
        ['first', undefined],
      ],
    );
    const [, player] = spec.services;
    assert.deepEqual(
      [player?.name, player?.dependsOn, player?.devices],
      ['scenario-heat', ['web'], [{ i2c: 'sensors' }]],
    );
    assert.deepEqual(player?.env, ['PATH=/bin', 'NAME=heat', 'REPEAT=0', 'LENGTH_MS=1000', 'WHEN=boot']);
    const texts = new Map(
      spec.files.map(({ path: name, content }) => [path.basename(name), content.kind === 'text' ? content.text : '']),
    );
    assert.equal(texts.get('bus'), 'sensors\n');
    assert.equal(texts.get('drivers'), '0x48 lm75\n');
    assert.equal(
      texts.get('cells'),
      '0x48 0x00 0x8015\n0x48 0x02 0x004b\n0x48 0x03 0x0050\n0x20 0x0f 0x0700\n0x20 0x10 0x0007\n',
    );
    assert.match(texts.get('scenario.heat') ?? '', /^(0 word 0x48 0x00 0x8015\n)(500 word 0x48 0x00 0x\w{4}\n)/);
    assert.deepEqual(JSON.parse(texts.get('hardware.json') ?? ''), {
      buses: [
        {
          name: 'sensors',
          devices: [
            { name: 'lm75', address: 0x48, model: 'lm75', driver: true, values: { temperature: 21.5 } },
            { name: '0x20', address: 0x20, values: {} },
          ],
        },
      ],
      scenarios: ['heat'],
    });
  });

  it('shows the logs to a scenario that a line starts, and to no other', async () => {
    const player = async (yaml: string): Promise<ServiceSpec | undefined> =>
      (await withHardware(specOf(`${bus('{address: 0x48, model: lm75}')}${yaml}${web}`), 'amd64')).services[1];
    const started = await player(scenario.replace('repeat: 0', "onConsole: '/ready$/'"));
    assert.deepEqual(started?.env?.slice(4), ['WHEN=console', 'GREP=-E', 'PATTERN=ready$']);
    assert.ok(started.binds?.includes('/var/log:/var/log:ro'));
    assert.ok(!(await player(scenario))?.binds?.includes('/var/log:/var/log:ro'));
  });

  it('takes the kernel package that has i2c-stub on arm64, where Debian’s kernel lacks it', async () => {
    const spec = specOf(`kernel: {image: "pkg:kernel"}\n${bus('{address: 0x48, model: lm75}')}`);
    assert.equal((await withHardware(spec, 'arm64')).kernel?.image.text, 'pkg:kernel_i2c');
    assert.equal((await withHardware(spec, 'amd64')).kernel?.image.text, 'pkg:kernel');
    const own = specOf(`kernel: {image: mine}\n${bus('{address: 0x48, model: lm75}')}`);
    assert.equal((await withHardware(own, 'arm64')).kernel?.image.text, 'mine');
  });

  it('takes it for a container that loads i2c-stub itself, too', async () => {
    const load = (module: string) =>
      specOf(
        `kernel: {image: "pkg:kernel"}\nonboot: [{name: a, image: "pkg:load_modules", command: [load_modules, ${module}]}]\n`,
      );
    assert.equal((await withHardware(load('i2c-stub'), 'arm64')).kernel?.image.text, 'pkg:kernel_i2c');
    assert.equal((await withHardware(load('i2c-stub'), 'amd64')).kernel?.image.text, 'pkg:kernel');
    assert.equal((await withHardware(load('i2c-dev'), 'arm64')).kernel?.image.text, 'pkg:kernel');
  });

  it('refuses hardware with mistakes, at the first one’s place, naming all', async () => {
    const spec = specOf(bus('{address: 0x48, model: lm57}', '{address: 0x49, model: bmp280}'));
    await assert.rejects(withHardware(spec, 'amd64'), (error: unknown) => {
      assert.ok(error instanceof HardwareError);
      assert.deepEqual(
        [error.code, error.kind, error.at?.line, error.at?.column],
        ['invalid-hardware', 'input', 5, 34],
      );
      assert.match(error.message, /there is no model "lm57".*\na\.yml:6:21: the device bmp280 answers at/);
      return true;
    });
  });

  it('refuses a service that has a scenario’s name', async () => {
    const spec = specOf(
      `${bus('{address: 0x48, model: lm75}')}${scenario}services: [{name: web, image: x}, {name: scenario-heat, image: x}]\n`,
    );
    await assert.rejects(withHardware(spec, 'amd64'), { code: 'name-taken' });
  });
});

describe('a model of the user’s own', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), 'lkit-test-'))));
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  async function parsed(model: string): Promise<Spec> {
    await writeFile(path.join(folder, 'mine.mjs'), model);
    const text = bus('{address: 0x30, model: ./mine.mjs, level: 2.5 V, driver: true}');
    const { spec } = parseSpec([{ file: 'lkit.yml', text, baseDir: folder }]);
    assert.ok(spec);
    return spec;
  }
  const problems = async (model: string): Promise<readonly string[]> =>
    (await checkHardware((await parsed(model)).hardware!)).map(said);

  it('is a module’s default export', async () => {
    const spec = await withHardware(
      await parsed(`export default {
        name: 'mine', description: 'level sensor', dataSheet: 'none', addresses: [0x30],
        quantities: { level: { description: 'level', unit: 'V', minimum: 0, maximum: 5, default: 0, resolution: 0.1 } },
        driver: { name: 'mine', modules: ['mine-i2c'] },
        encode: ({ level }) => ({ width: 16, values: new Map([[0, Math.round(level * 1000)]]) }),
        decode: (image) => ({ level: image.values.get(0) / 1000 }),
      };`),
      'amd64',
    );
    assert.deepEqual(spec.onboot[0]?.command?.slice(-1), ['mine-i2c']);
    const cells = spec.files.find(({ path: name }) => name.endsWith('/cells'))?.content;
    assert.deepEqual(cells, { kind: 'text', text: '0x30 0x00 0xc409\n' });
  });

  for (const [title, model, expected] of [
    ['a syntax error', 'export default {', /^lkit\.yml:5:34 cannot use \.\/mine\.mjs: /],
    [
      'no default export',
      'export const model = 1;',
      /cannot use \.\/mine\.mjs: it has no default export that is an object/,
    ],
    [
      'no functions',
      'export default { name: "a", description: "", dataSheet: "", encode: 1 }',
      /its "encode" must be a function/,
    ],
    [
      'a quantity without a range',
      'export default { name: "a", description: "", dataSheet: "", encode() {}, decode() {}, addresses: [1], quantities: { level: {} } }',
      /its quantity "level" lacks the number "minimum"/,
    ],
    [
      'an encode that throws',
      'export default { name: "a", description: "", dataSheet: "", encode() { throw new Error("too wet") }, decode() {}, addresses: [0x30], driver: {name: "x", modules: []}, quantities: { level: { unit: "V", minimum: 0, maximum: 5, default: 1, resolution: 0.1 } } }',
      /^lkit\.yml:5:34 too wet/,
    ],
  ] as const) {
    it(`with ${title} is refused where it is named`, async () => {
      const said = await problems(model);
      assert.match(said[0] ?? '', expected);
      assert.equal(said.length, 1);
    });
  }

  it('and other files that are not there are named', async () => {
    const text = bus(
      '{address: 0x30, model: ./none.js}',
      '{address: 0x31, dump: none.dump}',
      '{address: 0x50, model: at24c02, content: none.bin}',
    );
    const { spec } = parseSpec([{ file: 'lkit.yml', text, baseDir: folder }]);
    assert.deepEqual((await checkHardware(spec!.hardware!)).map(said).sort(), [
      'lkit.yml:5:34 there is no file ./none.js',
      'lkit.yml:6:33 there is no file none.dump',
      'lkit.yml:7:52 there is no file none.bin',
    ]);
  });
});
