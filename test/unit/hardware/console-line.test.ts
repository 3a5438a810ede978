import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { parseConsoleLine } from '../../../pkg/hardware/console-line.ts';
import { parsePattern } from '../../../pkg/spec/index.ts';

const lines = [
  '[alarm] ALARM: 41.50 °C is more than 40.0 °C',
  '[bmp280-c] temperature 25.08 °C, pressure 100653 Pa',
  '[web] a]b a-b a^b a\\b a/b a+b (x) {2} $5',
  '[web] aXb a1b a b a\tb a_b abab',
  'lkit: service web exited with code 5',
  '',
];

/** Which lines grep finds; as it compares bytes in the guest. */
function found(text: string): readonly string[] {
  const { option, pattern } = parseConsoleLine(text);
  return lines.filter((line) => {
    const { status, stderr } = spawnSync('grep', ['-q', option, '-e', pattern], {
      input: `${line}\n`,
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      encoding: 'utf8',
    });
    assert.ok(status === 0 || status === 1, stderr);
    return status === 0;
  });
}

describe('a line that starts a scenario', () => {
  const patterns = [
    String.raw`/^\[alarm\] ALARM/`,
    String.raw`/^\[alarm\] alarm/i`,
    String.raw`/temperature ([\d.]+) °C, pressure \d{6} Pa$/`,
    String.raw`/^lkit: service \w+ exited with code (?:[1-9]|\d\d+)$/`,
    String.raw`/a[\]^-]b/`,
    String.raw`/a[-\\/]b/`,
    String.raw`/a[^\]\w\s^+/-]b/`,
    String.raw`/a[^^]b a-/`,
    String.raw`/a[\^]b/`,
    String.raw`/a[\w-.]b/`,
    String.raw`/a[.-\d]b/`,
    String.raw`/a\Wb a\Wb/`,
    String.raw`/a\tb/`,
    String.raw`/a[\t]b/`,
    String.raw`/a\sb/`,
    String.raw`/a\Sb a\Db/`,
    String.raw`/a\/b.*\(x\) \{2\} \$5/`,
    String.raw`/(ab)+$/`,
    String.raw`/\bcode\b|^$/`,
    String.raw`/a\-b/`,
  ];
  for (const text of patterns) {
    it(`is found by the guest's grep as by JavaScript: ${text}`, () => {
      const expression = parsePattern(text);
      const expected = lines.filter((line) => expression?.test(line));
      assert.ok(expected.length > 0);
      assert.deepEqual(found(text), expected);
    });
  }

  it('may be a text, in which nothing is special', () => {
    assert.deepEqual(found('a^b a\\b'), [lines[2]]);
    assert.deepEqual(found('.'), [lines[0], lines[1]]);
  });

  const impossible = [
    [String.raw`/a.*?b/`, `the guest's grep does not know "*?"`],
    [String.raw`/a(?=b)/`, `the guest's grep does not know "(?="`],
    [String.raw`/(?<name>a)/`, `the guest's grep does not know "(?<"`],
    [String.raw`/(a)\1/`, String.raw`the guest's grep does not know "\1"`],
    [String.raw`/\x41/`, String.raw`the guest's grep does not know "\x"`],
    [String.raw`/[\x41]/`, String.raw`the guest's grep does not know "\x"`],
    ['/a[]/', `the guest's grep does not know "[]"`],
    ['/[°]/', '"°" cannot stand in brackets in the guest'],
    ['/a/s', 'the flags m and s mean nothing for a single line'],
    ['/a/g', 'there is no flag "g"'],
    ['/(/', 'Unterminated group'],
  ] as const;
  for (const [text, message] of impossible) {
    it(`cannot be ${text}`, () => {
      assert.throws(
        () => parseConsoleLine(text),
        (error) => error instanceof SyntaxError && error.message.includes(message),
      );
    });
  }
});
