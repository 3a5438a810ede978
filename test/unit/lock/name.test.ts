import assert from 'node:assert/strict';
import { lockName } from '../../../pkg/lock/index.ts';
import type { ImageSpec } from '../../../pkg/spec/index.ts';

const image = (text: string, baseDir = '/project', build?: NonNullable<ImageSpec['build']>): ImageSpec => ({
  ...{ text, baseDir, at: { file: 'lkit.yml', line: 1, column: 1 } },
  ...(build && { build }),
});

describe('what a lock calls an image', () => {
  const names: readonly (readonly [text: string, name: string])[] = [
    ['pkg:init', 'pkg:init'],
    ['alpine:3.20', 'alpine:3.20'],
    ['docker://alpine', 'docker://alpine'],
    ['docker-daemon:web:1', 'docker-daemon:web:1'],
    ['pkg:./getty', 'pkg:./getty'],
    ['@pkg:./getty', '@pkg:./getty'],
    ['@pkg:getty', '@pkg:./getty'],
    ['oci:web', 'oci:./web'],
    ['oci:./web:1.0', 'oci:./web:1.0'],
    ['oci-archive:../web.tar:a:b', 'oci-archive:../web.tar:a:b'],
    ['docker-archive:/project/web.tar', 'docker-archive:./web.tar'],
    ['rootfs:a:b', 'rootfs:./a:b'],
    ['/project/web', './web'],
    ['/other/web', '../other/web'],
    ['./.', '.'],
    ['..', '..'],
    ['oci:~/web', 'oci:~/web'],
  ];
  for (const [text, name] of names) {
    it(`${text} → ${name}`, () => {
      assert.equal(lockName(image(text), '/project'), name);
    });
  }

  it('names no folder of this machine, and tells apart what two YAML files mean by one text', () => {
    assert.equal(lockName(image('./base', '/project/common'), '/project'), './common/base');
    assert.equal(lockName(image('./base'), '/project'), './base');
  });

  it('says all of a build', () => {
    const build = { context: './web', target: 'small', args: { B: '2', A: '1' } };
    assert.equal(
      lockName(image('./web', '/project', build), '/project'),
      'build:./web {"args":{"A":"1","B":"2"},"target":"small"}',
    );
    assert.equal(lockName(image('./web', '/project', { context: 'web' }), '/project'), 'build:./web');
  });
});
