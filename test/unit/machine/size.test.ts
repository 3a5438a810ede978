import assert from 'node:assert/strict';
import { MachineError, parseCpus, parseSize, parseTime } from '../../../pkg/machine/index.ts';

const refused = (code: string) => (error: unknown) =>
  error instanceof MachineError &&
  error.code === code &&
  error.kind === 'input' &&
  /Examples?: /.test(error.hint ?? '');

describe('machine: sizes', () => {
  for (const [text, unit, expected] of [
    ['512', 'M', 512],
    ['2048M', 'M', 2048],
    ['2G', 'M', 2048],
    ['2g', 'M', 2048],
    ['1.5G', 'M', 1536],
    ['2GiB', 'M', 2048],
    ['1', 'G', 1024],
    ['512M', 'G', 512],
    ['1T', 'G', 1024 * 1024],
  ] as const) {
    it(`takes ${text} with bare numbers in ${unit} for ${expected} MiB`, () => {
      assert.equal(parseSize(text, unit, 'memory'), expected);
    });
  }

  for (const text of ['', '0', '-1', 'lots', '2X', '2 GB of', '0.3M', '1e9', 'NaN', '999999999T']) {
    it(`refuses "${text}" with an example`, () => {
      assert.throws(() => parseSize(text, 'M', 'memory'), refused('bad-size'));
    });
  }
});

describe('machine: processors', () => {
  it('takes a positive number', () => {
    assert.equal(parseCpus('4'), 4);
  });
  for (const text of ['0', '256', '-1', '1.5', 'two', '']) {
    it(`refuses "${text}"`, () => {
      assert.throws(() => parseCpus(text), refused('bad-cpus'));
    });
  }
});

describe('machine: times', () => {
  for (const [text, expected] of [
    ['90', 90_000],
    ['90s', 90_000],
    ['5m', 300_000],
    ['500ms', 500],
    ['1h', 3_600_000],
    ['0.5', 500],
  ] as const) {
    it(`takes ${text} for ${expected} ms`, () => {
      assert.equal(parseTime(text), expected);
    });
  }
  for (const text of ['0', 'soon', '5d', '-1', '600h']) {
    it(`refuses "${text}"`, () => {
      assert.throws(() => parseTime(text), refused('bad-time'));
    });
  }
});
