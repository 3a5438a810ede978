import assert from 'node:assert/strict';
import type { Quantity, Unit } from '../../../pkg/hardware/model.ts';
import { formatQuantity, parseQuantity } from '../../../pkg/hardware/units.ts';

const quantity = (unit: Unit, minimum: number, maximum: number, resolution = 0.01): Quantity => ({
  description: 'x',
  unit,
  minimum,
  maximum,
  default: minimum,
  resolution,
});
const celsius = quantity('°C', -40, 85);
const pascal = quantity('Pa', 30_000, 110_000);
const time = quantity('time', Date.UTC(2000, 0, 1) / 1000, Date.UTC(2099, 11, 31, 23, 59, 59) / 1000, 1);
const plain = quantity('number', 0, 0xffff, 1);

describe('parseQuantity', () => {
  const values: readonly (readonly [string | number, Quantity, number])[] = [
    ['25.08 °C', celsius, 25.08],
    ['25.08°C', celsius, 25.08],
    ['-5 degC', celsius, -5],
    ['−5 °C', celsius, -5],
    ['+5 C', celsius, 5],
    ['.5 °C', celsius, 0.5],
    ['2.5e1 °C', celsius, 25],
    ['298.15 K', celsius, 25],
    ['77 °F', celsius, 25],
    ['-40 °F', celsius, -40],
    ['185 F', celsius, 85],
    ['100653 Pa', pascal, 100_653],
    ['1006.53 hPa', pascal, 100_653],
    ['1006.53 mbar', pascal, 100_653],
    ['100.653 kPa', pascal, 100_653],
    ['1.00653 bar', pascal, 100_653],
    ['50 %', quantity('%', 0, 100), 50],
    ['50%RH', quantity('%', 0, 100), 50],
    ['250 mV', quantity('V', -6, 6), 0.25],
    ['7 µV', quantity('V', -6, 6), 7e-6],
    ['7 uV', quantity('V', -6, 6), 7e-6],
    ['20 mA', quantity('A', -6, 6), 0.02],
    ['10 mΩ', quantity('Ω', 0, 6), 0.01],
    ['10 mΩ', quantity('Ω', 0, 6), 0.01],
    ['0.1 Ohm', quantity('Ω', 0, 6), 0.1],
    [0xa55a, plain, 0xa55a],
    ['0xa55a', plain, 0xa55a],
    ['2026-03-01T12:00:00Z', time, Date.UTC(2026, 2, 1, 12) / 1000],
    ['2026-03-01 12:00:05', time, Date.UTC(2026, 2, 1, 12, 0, 5) / 1000],
    ['2026-03-01 12:00', time, Date.UTC(2026, 2, 1, 12) / 1000],
    ['2024-02-29', time, Date.UTC(2024, 1, 29) / 1000],
  ];
  for (const [written, of, expected] of values) {
    it(`takes ${written} for ${expected}`, () => {
      const parsed = parseQuantity(written, of);
      assert.ok('value' in parsed, JSON.stringify(parsed));
      assert.ok(Math.abs(parsed.value - expected) < 1e-9, String(parsed.value));
    });
  }

  const problems: readonly (readonly [string | number, Quantity, string])[] = [
    [25.08, celsius, '"25.08" lacks its unit'],
    ['25.08', celsius, '"25.08" lacks its unit'],
    ['warm', celsius, '"warm" is not a value such as "-40 °C"'],
    ['25,08 °C', celsius, '",08 °C" is not a unit for this; it must be °C, degC, C, K, °F, degF or F'],
    ['25 Pa', celsius, '"Pa" is not a unit for this; it must be °C, degC, C, K, °F, degF or F'],
    ['25 °c', celsius, '"°c" is not a unit for this; it must be °C, degC, C, K, °F, degF or F'],
    ['86 °C', celsius, '"86 °C" is outside of the device\'s range, -40 °C to 85 °C'],
    ['-41 °C', celsius, '"-41 °C" is outside of the device\'s range, -40 °C to 85 °C'],
    ['1100.01 hPa', pascal, '"1100.01 hPa" is outside of the device\'s range, 30000 Pa to 110000 Pa'],
    [65_536, plain, '"65536" is outside of the device\'s range, 0 to 65535'],
    [1.5, plain, '"1.5" is not a whole number'],
    ['5 V', plain, '"5 V" has a unit, and the quantity has none'],
    ['2026-02-30', time, '"2026-02-30" is not a time such as "2026-03-01T12:00:00Z" (in UTC)'],
    ['2026-02-03T25:00', time, '"2026-02-03T25:00" is not a time such as "2026-03-01T12:00:00Z" (in UTC)'],
    [
      '2026-03-01T12:00:00+01:00',
      time,
      '"2026-03-01T12:00:00+01:00" is not a time such as "2026-03-01T12:00:00Z" (in UTC)',
    ],
    [1_700_000_000, time, '"1700000000" is not a time such as "2026-03-01T12:00:00Z" (in UTC)'],
    [
      '1999-12-31',
      time,
      '"1999-12-31" is outside of the device\'s range, 2000-01-01T00:00:00Z to 2099-12-31T23:59:59Z',
    ],
  ];
  for (const [written, of, expected] of problems) {
    it(`refuses ${written}: ${expected}`, () => {
      const parsed = parseQuantity(written, of);
      assert.equal('problem' in parsed && parsed.problem, expected);
    });
  }

  it('takes a deviation without scale, range or date', () => {
    assert.deepEqual(parseQuantity('90 K', celsius, 'deviation'), { value: 90 });
    assert.deepEqual(parseQuantity('2 s', time, 'deviation'), { value: 2 });
  });
});

describe('formatQuantity', () => {
  for (const [value, of, expected] of [
    [25.0825, celsius, '25.08 °C'],
    [100_653.266, pascal, '100653.27 Pa'],
    [0.0078125, quantity('°C', 0, 1, 0.0078125), '0.0078125 °C'],
    [3.2, quantity('A', 0, 4, 1e-6), '3.2 A'],
    [0xff, plain, '255'],
    [Date.UTC(2026, 2, 1) / 1000, time, '2026-03-01T00:00:00Z'],
  ] as const) {
    it(`writes ${expected}`, () => {
      assert.equal(formatQuantity(value, of), expected);
    });
  }
});
