import assert from 'node:assert/strict';
import { parseEnvFile } from '../../../pkg/compose/index.ts';
import { interpolate } from '../../../pkg/compose/interpolate.ts';

const variables = { A: 'a', EMPTY: '' };

describe('interpolation of variables', () => {
  // The specification's own table: 12-interpolation.md.
  const cases: readonly (readonly [text: string, expected: string])[] = [
    ['plain', 'plain'],
    ['$A and ${A}', 'a and a'],
    ['$$A', '$A'],
    ['a $ alone, $5', 'a $ alone, $5'],
    ['${NO:-default}', 'default'],
    ['${EMPTY:-default}', 'default'],
    ['${EMPTY-default}', ''],
    ['${NO-default}', 'default'],
    ['${A:?error}', 'a'],
    ['${EMPTY?error}', ''],
    ['${A:+other}', 'other'],
    ['${EMPTY:+other}', ''],
    ['${EMPTY+other}', 'other'],
    ['${NO+other}', ''],
    ['${NO:-${ALSO_NO:-deep}}!', 'deep!'],
    ['${NO:-$A}', 'a'],
    ['${NO:-}', ''],
  ];
  for (const [text, expected] of cases) {
    it(`makes "${expected}" of "${text}"`, () => {
      assert.equal(
        interpolate(text, variables, ({ message }) => assert.fail(message)),
        expected,
      );
    });
  }

  const wrong: readonly (readonly [text: string, severity: string])[] = [
    ['${NO:?}', 'error'],
    ['${EMPTY:?needed}', 'error'],
    ['${A', 'error'],
    ['${}', 'error'],
    ['${A B}', 'error'],
    ['$NO', 'warning'],
    ['${NO}', 'warning'],
    ['$__proto__', 'warning'],
  ];
  for (const [text, severity] of wrong) {
    it(`has an ${severity} for "${text}"`, () => {
      const found: string[] = [];
      interpolate(text, variables, (problem) => found.push(problem.severity));
      assert.deepEqual(found, [severity]);
    });
  }
});

describe('an environment file', () => {
  const cases: readonly (readonly [text: string, expected: Readonly<Record<string, string | undefined>>])[] = [
    ['X=1\nY=two words \n', { X: '1', Y: 'two words' }],
    ['# comment\n\nexport X=1 # why\n', { X: '1' }],
    ['X=a#b\n', { X: 'a#b' }],
    ["X='$A # as it is'\n", { X: '$A # as it is' }],
    ['X="a\\n\\"$A\\""\n', { X: 'a\n"a"' }],
    ['X="two\nlines"\nY=1', { X: 'two\nlines', Y: '1' }],
    ['X=${A}b\nY=$X!\n', { X: 'ab', Y: 'ab!' }],
    ['X\nY=\n', { X: undefined, Y: '' }],
    ['X=1\r\nY=2\r\n', { X: '1', Y: '2' }],
  ];
  for (const [text, expected] of cases) {
    it(`is read: ${JSON.stringify(text)}`, () => {
      assert.deepEqual(Object.fromEntries(parseEnvFile(text, variables)), expected);
    });
  }

  it('is left as it is in the format raw', () => {
    assert.deepEqual(parseEnvFile('X="$A"\n', variables, true), [['X', '"$A"']]);
  });
});
