import assert from 'node:assert/strict';
import { parseShares, shareParameters } from '../../../pkg/machine/share.ts';

describe('machine: shared folders', () => {
  for (const [text, folder, tag, readOnly] of [
    ['src', '/here/src', 'src', false],
    ['.', '/here', 'here', false],
    ['/srv/data/', '/srv/data', 'data', false],
    ['src:code', '/here/src', 'code', false],
    ['src:ro', '/here/src', 'src', true],
    ['src:code:ro', '/here/src', 'code', true],
    ['a:b:code', '/here/a:b', 'code', false],
  ] as const) {
    it(`reads --share ${text}`, () => {
      assert.deepEqual(parseShares([text], [], '/here'), [{ folder, tag, readOnly }]);
    });
  }

  for (const text of ['', ':code', ':ro', 'src:', 'src:two words', 'src:a/b', '/', 'src:..', `src:${'x'.repeat(32)}`]) {
    it(`refuses --share "${text}" with examples`, () => {
      assert.throws(() => parseShares([text], [], '/here'), { code: 'bad-share', kind: 'input', hint: /Examples: / });
    });
  }

  it('refuses two of one name', () => {
    assert.throws(() => parseShares(['a/src', 'b/src'], [], '/here'), { code: 'bad-share', message: /called src/ });
  });

  it("gives -virtiofs LinuxKit's tags", () => {
    assert.deepEqual(
      parseShares([], ['a', 'b'], '/here').map(({ folder, tag, transport }) => [folder, tag, transport]),
      [
        ['/here/a', 'virtiofs0', 'virtiofs'],
        ['/here/b', 'virtiofs1', 'virtiofs'],
      ],
    );
    assert.throws(() => parseShares([], ['a,b'], '/here'), { code: 'bad-share' });
  });

  it('tells the guest what to mount', () => {
    assert.deepEqual(shareParameters(parseShares(['src', 'data:ro'], [], '/here')), [
      'lkit.share=src',
      'lkit.share=data:ro',
    ]);
  });
});
