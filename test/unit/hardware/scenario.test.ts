import assert from 'node:assert/strict';
import { seededRandom } from '../../../pkg/hardware/random.ts';
import type { CompiledScenario } from '../../../pkg/hardware/scenario.ts';
import { instants, track } from '../../../pkg/hardware/track.ts';
import { lm75 } from '../../../pkg/hardware/models/lm75.ts';
import { bus, compile } from './support.ts';

const { temperature } = lm75.quantities;

describe('instants', () => {
  it('are the beginnings, the steps in between and the very ends', () => {
    const changes = [
      { kind: 'set', atMs: 150, overMs: 0, value: 1 },
      { kind: 'ramp', atMs: 1000, overMs: 250, value: 2 },
    ] as const;
    assert.deepEqual(instants(changes, 100), [150, 1000, 1100, 1200, 1250]);
  });
});

describe('track', () => {
  const random = seededRandom(1);

  it('is the initial value, then what was set last', () => {
    const at = track(
      20,
      [
        { kind: 'set', atMs: 100, overMs: 0, value: 30 },
        { kind: 'set', atMs: 200, overMs: 0, value: 25 },
      ],
      temperature,
      random,
    );
    assert.deepEqual([0, 99, 100, 199, 200, 9999].map(at), [20, 20, 30, 30, 25, 25]);
  });

  it('ramps evenly from where it is, and another ramp takes over where the first has come to', () => {
    const at = track(
      20,
      [
        { kind: 'ramp', atMs: 0, overMs: 1000, value: 40 },
        { kind: 'ramp', atMs: 500, overMs: 500, value: 10 },
      ],
      temperature,
      random,
    );
    assert.deepEqual([0, 250, 500, 750, 1000, 2000].map(at), [20, 25, 30, 20, 10, 10]);
  });

  it('adds noise within its bounds while it lasts, the same for the same seed', () => {
    const change = { kind: 'noise', atMs: 0, overMs: 1000, value: 0.5 } as const;
    const run = (seed: number): readonly number[] => {
      const at = track(20, [change], temperature, seededRandom(seed));
      return Array.from({ length: 100 }, (_, index) => at(index * 10));
    };
    const values = run(7);
    assert.deepEqual(run(7), values);
    assert.notDeepEqual(run(8), values);
    assert.ok(values.every((value) => Math.abs(value - 20) <= 0.5));
    assert.ok(Math.max(...values) > 20.4 && Math.min(...values) < 19.6);
    assert.equal(track(20, [change], temperature, seededRandom(7))(1000), 20);
  });

  it('stays within the device’s range', () => {
    const at = track(125, [{ kind: 'noise', atMs: 0, overMs: 1000, value: 50 }], temperature, seededRandom(3));
    for (let time = 0; time < 1000; time += 10) assert.ok(at(time) <= 125);
  });
});

describe('a scenario', () => {
  const of = (
    steps: string,
    keys = '',
  ): { readonly scenario: CompiledScenario | undefined; readonly said: readonly string[] } => {
    const { hardware, said } = compile(
      `${bus('{address: 0x48, model: lm75, temperature: 20 °C}', '{address: 0x76, model: bmp280}', '{address: 0x20, words: {0: 1}}')}  scenarios:\n    - name: heat\n      steps: [${steps}]\n${keys}`,
    );
    return { scenario: hardware.scenarios[0], said };
  };
  const words = (scenario: CompiledScenario | undefined): readonly string[] =>
    scenario!.writes.map(
      ({ atMs, address, register, word }) =>
        `${atMs} ${address.toString(16)}:${register} ${word.toString(16).padStart(4, '0')}`,
    );

  it('becomes the register writes of the device’s steps, at their times', () => {
    const { scenario, said } = of(
      '{at: 1s, device: lm75, set: {temperature: 25 °C}}, {at: 2s, device: lm75, ramp: {temperature: 26 °C}, over: 1s}',
    );
    assert.deepEqual(said, []);
    // 25, 25.5 and 26 °C; SMBus words have the less significant byte first.
    assert.deepEqual(words(scenario), ['1000 48:0 0019', '2500 48:0 8019', '3000 48:0 001a']);
    assert.deepEqual(scenario!.reset, [{ bus: 'sensors', address: 0x48, register: 0, kind: 'word', word: 0x0014 }]);
    assert.equal(scenario!.lengthMs, 3000);
  });

  it('leaves the register before a changed one to the program, all but its upper half', () => {
    const { scenario } = of('{at: 0s, device: bmp280, set: {temperature: 30 °C}}');
    assert.deepEqual(
      scenario!.writes.map(({ register, kind }) => [register, kind]),
      [
        [0xf6, 'high'],
        [0xf7, 'word'],
        [0xf8, 'word'],
        [0xf9, 'word'],
        [0xfa, 'word'],
        [0xfb, 'word'],
        [0xfc, 'word'],
      ],
    );
  });

  it('begins each round with every register that it changes as it was', () => {
    const { scenario } = of('{at: 0s, device: lm75, noise: {temperature: 5 °C}, over: 5s}', '      repeat: 0\n');
    assert.equal(scenario!.repeat, 0);
    assert.ok(scenario!.writes.length > 3);
    assert.deepEqual(
      scenario!.reset.map(({ register, word }) => [register, word]),
      [[0, 0x0014]],
    );
  });

  it('finds a device by its bus and name', () => {
    assert.deepEqual(words(of('{at: 0s, device: sensors/lm75, set: {temperature: 21 °C}}').scenario), ['0 48:0 0015']);
  });

  it('starts at boot, by hand, or by a line of the console', () => {
    const startOf = (keys: string): CompiledScenario['start'] =>
      of('{at: 0s, device: lm75, set: {temperature: 21 °C}}', keys).scenario!.start;
    assert.equal(startOf(''), 'boot');
    assert.equal(startOf('      start: manual\n'), 'manual');
    assert.deepEqual(startOf("      onConsole: '/^.web. t \\d/i'\n"), { option: '-Ei', pattern: '^.web. t [0-9]' });
  });

  const mistakes: readonly (readonly [string, string, string])[] = [
    [
      '{at: 1s, device: lm57, set: {temperature: 5 °C}}',
      '',
      'a.yml:10:32 I2C device "lm57" not found (did you mean "lm75"?)',
    ],
    [
      '{at: 1s, device: "0x20", set: {temperature: 5 °C}}',
      '',
      'a.yml:10:32 the device "0x20" has no model, and so nothing that could change',
    ],
    ['{at: 1s, device: lm75, set: {temp: 5 °C}}', '', 'a.yml:10:44 unknown key "temp" in lm75'],
    [
      '{at: 1s, device: lm75, ramp: {temperature: 200 °C}, over: 1s}',
      '',
      'a.yml:10:58 temperature: "200 °C" is outside of the device\'s range, -55 °C to 125 °C',
    ],
    [
      '{at: 1s, device: lm75, noise: {temperature: 0.5}, over: 1s}',
      '',
      'a.yml:10:59 temperature: "0.5" lacks its unit',
    ],
    [
      '{at: 1s, device: lm75, set: {temperature: 5 °C}}',
      '      onConsole: /a.*?/\n',
      'a.yml:11:18 this is not a regular expression for a line: the guest\'s grep does not know "*?"',
    ],
    [
      '{at: 1s, device: lm75, set: {temperature: 5 °C}}',
      '      every: 10ms\n',
      'a.yml:11:14 "every" must be 50ms or more: the guest cannot write registers any faster',
    ],
    [
      '{at: 0s, device: lm75, set: {temperature: 5 °C}}',
      '      repeat: 0\n',
      'a.yml:9:13 a scenario that repeats needs steps that take time',
    ],
    [
      '{at: 0s, device: lm75, noise: {temperature: 5 °C}, over: 10h}',
      '      every: 1s\n',
      'a.yml:11:14 this scenario has 36001 points in time; 10000 are the most',
    ],
  ];
  for (const [steps, keys, expected] of mistakes) {
    it(`says ${expected}`, () => {
      assert.deepEqual(of(steps, keys).said, [expected]);
    });
  }
});
