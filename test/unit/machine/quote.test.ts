import assert from 'node:assert/strict';
import { quoteCommand, splitWords } from '../../../pkg/machine/index.ts';

describe('machine: command lines as text', () => {
  it('leaves plain words alone and quotes the rest', () => {
    assert.equal(
      quoteCommand(['qemu', '-m', '1G', '', 'a b', "it's", '$HOME']),
      `qemu -m 1G '' 'a b' 'it'\\''s' '$HOME'`,
    );
  });

  for (const [text, expected] of [
    ['', []],
    ['  -a  -b ', ['-a', '-b']],
    [`-device 'a b,id=x' "c d"`, ['-device', 'a b,id=x', 'c d']],
    [`a\\ b "q\\"q" '\\'`, ['a b', 'q"q', '\\']],
    [`'' x""y`, ['', 'xy']],
  ] as const) {
    it(`splits ${JSON.stringify(text)}`, () => {
      assert.deepEqual(splitWords(text), expected);
    });
  }

  it('reads back what it quotes', () => {
    const words = ['plain', 'a b', `'"\\`, '', '\n', 'ä,=:@'];
    assert.deepEqual(splitWords(quoteCommand(words)), words);
  });

  it('refuses a quote that is never closed', () => {
    assert.throws(() => splitWords(`-append 'oops`), { code: 'bad-options', kind: 'input' });
  });
});
