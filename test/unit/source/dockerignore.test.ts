import assert from 'node:assert/strict';
import { isIgnored, parseIgnoreFile } from '../../../pkg/source/dockerignore.ts';

describe('.dockerignore', () => {
  /** Patterns, then paths that they leave out and, after a "/", paths that stay. */
  const cases: readonly (readonly [patterns: string, ignored: string, kept: string])[] = [
    ['', '', 'a .git'],
    ['# a comment\n#b', '', '#b a'],
    [' # no comment', '', 'a'],
    ['a', 'a a/b a/b/c', 'b/a ab'],
    ['/a', 'a a/b', 'b/a'],
    ['a/', 'a a/b', 'b/a'],
    ['./a//b/../c', 'a/c', 'a/b'],
    ['*', 'a .hidden a/b', ''],
    ['*.md', 'a.md', 'a.mdx b/a.md'],
    ['*/temp*', 'a/temp a/temporary a/temp/b', 'temp a/b/temp'],
    ['*/*/temp*', 'a/b/temp', 'a/temp'],
    ['temp?', 'tempa tempb', 'temp tempab temp/'],
    ['**/temp', 'temp a/temp a/b/temp', 'a/temporary'],
    ['**', 'a a/b', ''],
    ['**/*.go', 'a.go a/b.go', 'a.gone'],
    ['a/**', 'a/b a/b/c', 'a'],
    ['a/**/z', 'a/z a/b/z a/b/c/z', 'az z'],
    ['a**b', 'ab ax/b', 'a axb'],
    ['a***b', 'ab ax/b axb', 'a'],
    ['[a-c]x', 'ax bx', 'dx'],
    ['[^a]x', 'bx', 'ax'],
    ['\\*', '*', 'a'],
    ['a.b', 'a.b', 'axb'],
    ['a+(b)$', 'a+(b)$', 'aab'],
    ['*.md\n!README.md', 'a.md', 'README.md'],
    ['*.md\n!README.md\nREADME*', 'a.md README.md', ''],
    ['!README.md\n*.md', 'README.md', ''],
    ['*.md\n!README*.md\nREADME-secret.md', 'README-secret.md x.md', 'README-a.md'],
    ['a\n!a/keep', 'a a/b', 'a/keep a/keep/x'],
    [
      'node_modules\n!node_modules/one\nnode_modules/one/secret',
      'node_modules/two node_modules/one/secret/x',
      'node_modules/one/x',
    ],
    ['! b', '', 'b'],
    ['\r\na\r', 'a', 'b'],
    ['\ufeffa', 'a', 'b'],
    ['ünïcode', 'ünïcode', 'unicode'],
  ];
  const words = (text: string): readonly string[] => text.split(' ').filter((word) => word !== '');
  for (const [text, ignored, kept] of cases) {
    it(JSON.stringify(text), () => {
      const patterns = parseIgnoreFile(text);
      for (const path of words(ignored)) assert.equal(isIgnored(patterns, path), true, path);
      for (const path of words(kept)) assert.equal(isIgnored(patterns, path), false, path);
    });
  }

  it('is refused where a pattern is none', () => {
    assert.throws(() => parseIgnoreFile('ok\n[a'), /"\[a" is no pattern: nothing closes/);
    assert.throws(() => parseIgnoreFile('a\\'), /ends with/);
    assert.throws(() => parseIgnoreFile('[z-a]'), /is no pattern/);
  });
});
