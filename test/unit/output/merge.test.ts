import assert from 'node:assert/strict';
import { contentOf, type Entry, type Member, noContent } from '../../../pkg/archive/index.ts';
import { mergeTrees, type Tree } from '../../../pkg/output/merge.ts';

const blank = { mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 0 };

function dir(path: string, mode = 0o755): Entry {
  return { ...blank, path, type: 'directory', mode };
}
function link(path: string, target: string): Entry {
  return { ...blank, path, type: 'symlink', link: target };
}
function hard(path: string, target: string): Entry {
  return { ...blank, path, type: 'hardlink', link: target };
}
/** A file that holds the name of its tree. */
function file(path: string, links?: number): Entry {
  return { ...blank, path, type: 'file', size: 1, ...(links !== undefined && { links }) };
}

function tree(name: string, ...entries: readonly Entry[]): Tree {
  return {
    name,
    async *members(): AsyncGenerator<Member> {
      for (const entry of entries) {
        yield await Promise.resolve({
          entry,
          content: entry.type === 'file' ? contentOf(Buffer.from(name)) : noContent,
        });
      }
    },
  };
}

/** Each entry as `path type`, a file with its content and number of names, a link with its target. */
async function merged(...trees: readonly Tree[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const { entry, content } of mergeTrees(trees)) {
    let text = '';
    for await (const chunk of content) text += chunk.toString();
    const links = entry.links === undefined ? '' : ` x${entry.links}`;
    const detail = entry.type === 'directory' ? entry.mode.toString(8) : (entry.link ?? text);
    lines.push(`${entry.path} ${entry.type} ${detail}${links}`);
  }
  return lines;
}

describe('mergeTrees', () => {
  it('unites folders, with what the last tree says of them, and lets its files win', async () => {
    const a = tree('a', dir('etc', 0o700), file('etc/both'), file('etc/a'));
    const b = tree('b', dir('etc', 0o755), file('etc/both'), file('etc/b'));
    assert.deepEqual(await merged(a, b), ['etc directory 755', 'etc/a file a', 'etc/both file b', 'etc/b file b']);
  });

  it('drops what lay in a folder that a later tree replaces', async () => {
    const a = tree('a', dir('lib'), dir('lib/x'), file('lib/x/y'), file('library'));
    assert.deepEqual(await merged(a, tree('b', link('lib', 'usr/lib'))), ['library file a', 'lib symlink usr/lib']);
  });

  it('puts a folder where an earlier tree had a link', async () => {
    const a = tree('a', link('lib', 'usr/lib'));
    assert.deepEqual(await merged(a, tree('b', dir('lib'), file('lib/b'))), ['lib directory 755', 'lib/b file b']);
  });

  it('refuses files below what is a link in an earlier tree and no folder of their own', async () => {
    const a = tree('init', link('lib', 'usr/lib'));
    await assert.rejects(merged(a, tree('the modules', file('lib/modules/x.ko'))), {
      code: 'conflicting-trees',
      message: 'the modules has files below /lib, which is a symlink in an image before it',
      hint: 'The image before it needs a real folder /lib.',
    });
  });

  it('keeps the other names of a file whose first name another tree replaces', async () => {
    const a = tree('a', file('one', 3), hard('three', 'one'), hard('two', 'one'));
    assert.deepEqual(await merged(a, tree('b', file('one'))), ['three file a x2', 'two hardlink three', 'one file b']);
  });

  it('counts the names that are left of a file', async () => {
    const a = tree('a', file('one', 2), hard('two', 'one'));
    assert.deepEqual(await merged(a, tree('b', file('two'))), ['one file a x1', 'two file b']);
  });

  /** A tree with a folder of its own, and how often it was read to its end. */
  function apart(name: string, at: string, ...entries: readonly Entry[]): { readonly tree: Tree; ends: number } {
    const inner = tree(name, dir(at), ...entries);
    const watched = {
      ends: 0,
      tree: {
        name,
        at,
        async *members(): AsyncGenerator<Member> {
          yield* inner.members();
          watched.ends++;
        },
      },
    };
    return watched;
  }

  it('lists no tree that has a folder to itself', async () => {
    const init = tree('init', dir('c'), file('c-other'));
    const own = apart('web', 'c/web', dir('c/web/bin'), file('c/web/bin/x', 2), hard('c/web/y', 'c/web/bin/x'));
    const files = tree('files', dir('c'), dir('c/web', 0o700));
    const expected = ['c directory 755', 'c-other file init', 'c/web directory 700', 'c/web/bin directory 755'];
    const links = ['c/web/bin/x file web x2', 'c/web/y hardlink c/web/bin/x'];
    assert.deepEqual(await merged(init, own.tree, files), [...expected, ...links]);
    assert.equal(own.ends, 1);
  });

  it('lists it where another tree has something in the folder, or something else in its place', async () => {
    const web = (): Tree => apart('web', 'c/web', file('c/web/x'), file('c/web/y')).tree;
    const both = ['c directory 755', 'c/web directory 755', 'c/web/y file web', 'c/web/x file files'];
    assert.deepEqual(await merged(tree('init', dir('c')), web(), tree('files', file('c/web/x'))), both);
    assert.deepEqual(await merged(tree('init', dir('c')), web(), tree('files', file('c/web'))), [
      'c directory 755',
      'c/web file files',
    ]);
  });
});
