import assert from 'node:assert/strict';
import { saidOf } from './support.ts';

describe('parseSpec, given hostile input', () => {
  it('shows no more than 100 problems of a file, errors first, and how many there are', () => {
    const all = saidOf(`init: &i\n${'  - 5\n'.repeat(300)}`);
    assert.equal(all.length, 101);
    assert.equal(all.at(-1), 'a.yml:101:5 notice: 200 more problems are not shown');
  });

  const bytes = (...parts: readonly (string | readonly number[])[]): Uint8Array =>
    Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const encodings: readonly (readonly [string, Uint8Array | string, string])[] = [
    ['Latin-1', bytes('init:\n  - caf', [0xe9], '\n'), 'a.yml:2:8 this is not UTF-8'],
    ['a sequence cut short', bytes('a: é', [0xe4, 0xb8]), 'a.yml:1:5 this is not UTF-8'],
    ['an overlong sequence', bytes('a: ', [0xc0, 0xaf]), 'a.yml:1:4 this is not UTF-8'],
    ['a surrogate', bytes('a: ', [0xed, 0xa0, 0x80]), 'a.yml:1:4 this is not UTF-8'],
    ['what is beyond Unicode', bytes('a: ', [0xf4, 0x90, 0x80, 0x80]), 'a.yml:1:4 this is not UTF-8'],
    ['a continuation alone', bytes('a: b\n', [0x80]), 'a.yml:2:1 this is not UTF-8'],
    ['UTF-16', bytes([0xff, 0xfe, 0x61, 0, 0x3a, 0]), 'a.yml:1:1 the file is in UTF-16'],
    ['NUL', 'a:\n  b\0', 'a.yml:2:4 a NUL character is in the file'],
    ['an escape sequence', 'a: \x1b[2J', 'a.yml:1:4 the control character U+001B is in the file'],
  ];
  for (const [what, text, message] of encodings) {
    it(`says where ${what} is`, () => {
      assert.deepEqual(saidOf(text), [message]);
    });
  }

  it('shows what a text contains without doing what it says', () => {
    assert.deepEqual(saidOf('"a\\e[31m\\u202e\\nb": 1\n'), ['a.yml:1:1 unknown key "a\uFFFD[31m\uFFFD\\nb"']);
  });

  it('cuts long texts in messages', () => {
    assert.deepEqual(saidOf(`restart: {}\n${'x'.repeat(1000)}: 1\n`), [
      'a.yml:1:1 unknown key "restart"',
      `a.yml:2:1 unknown key "${'x'.repeat(59)}…"`,
    ]);
  });
});
