import assert from 'node:assert/strict';
import { InvalidArgumentError } from 'commander';
import { addLimit, parseAmount, parseEpoch, parseSpan } from '../../../cmd/lkit/numbers.ts';
import { formatAge, formatTable } from '../../../cmd/lkit/table.ts';

describe('numbers on the command line', () => {
  it('may have a unit, of a thousand or of 1024', () => {
    const amounts = {
      '1000': 1000,
      '10k': 10_000,
      '1.5M': 1_500_000,
      '10G': 1e10,
      '10GB': 1e10,
      '8GiB': 2 ** 33,
      '2ki': 2048,
    };
    for (const [text, amount] of Object.entries(amounts)) assert.equal(parseAmount(text), amount, text);
    for (const text of ['', 'G', '-1', '1e3', '10 apples', '1GG', '0x10']) {
      assert.throws(() => parseAmount(text), InvalidArgumentError, text);
    }
  });

  it('of times have a unit', () => {
    const spans = { '0s': 0, '90s': 90_000, '30m': 1_800_000, '12h': 43_200_000, '7d': 604_800_000, '1w': 604_800_000 };
    for (const [text, ms] of Object.entries(spans)) assert.equal(parseSpan(text), ms, text);
    for (const text of ['', '7', 'd', '7 years', '-1d'])
      assert.throws(() => parseSpan(text), InvalidArgumentError, text);
  });

  it('of limits add up, the last one of a name counting', () => {
    const limits = addLimit('entries=5', addLimit('layers=1k', addLimit('entries=2', undefined)));
    assert.deepEqual(limits, { entries: 5, layers: 1000 });
    assert.deepEqual(addLimit('manifest=16MiB', undefined), { manifest: 16 * 2 ** 20 });
    for (const text of ['', 'entries', 'entries=', 'entries=many', '=5']) {
      assert.throws(() => addLimit(text, undefined), InvalidArgumentError, text);
    }
    assert.throws(() => addLimit('entrie=5', undefined), /did you mean "entries"\?.*Limits: manifest, layers, entries/);
  });

  it('of SOURCE_DATE_EPOCH are whole seconds that a date can be made of', () => {
    assert.deepEqual([undefined, '', '0', '1700000000'].map(parseEpoch), [undefined, undefined, 0, 1_700_000_000]);
    for (const text of ['now', '-1', '1.5', '99999999999999']) {
      assert.throws(() => parseEpoch(text), { code: 'bad-variable', kind: 'input' }, text);
    }
  });
});

describe('tables', () => {
  it('have columns side by side, and no blanks at the ends of lines', () => {
    const rows = [
      ['NAME', 'SIZE', 'BY'],
      ['a', '100 kB', 'x, y'],
      ['long', '1 kB', ''],
    ];
    assert.equal(formatTable(rows), 'NAME  SIZE    BY\na     100 kB  x, y\nlong  1 kB\n');
  });

  it('say how long ago something was', () => {
    const minute = 60_000;
    const ages = [0, minute - 1, minute, 59 * minute, 60 * minute, 47 * 60 * minute, 48 * 60 * minute].map(formatAge);
    assert.deepEqual(ages, [
      ...['just now', 'just now', '1 minute ago', '59 minutes ago', '1 hour ago'],
      ...['1 day ago', '2 days ago'],
    ]);
  });
});
