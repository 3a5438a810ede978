import assert from 'node:assert/strict';
import { Tree, type TreeNode } from '../../../pkg/package/tree.ts';

function node(path: string, type: TreeNode['type'] = 'file', mode = 0o644): TreeNode {
  return { path, type, mode, uid: 0, gid: 0 };
}

describe('Tree', () => {
  it('puts missing folders before what is in them, and hard links last', () => {
    const tree = new Tree();
    tree.add(node('a/hard', 'hardlink'));
    for (const path of ['a.b', 'a/c', 'z/y']) tree.add(node(path));
    assert.deepEqual(
      tree.sorted().map(({ path }) => path),
      ['a', 'a/c', 'a.b', 'z', 'z/y', 'a/hard'],
    );
  });

  it('replaces files by later ones, and keeps the permissions that a folder has', () => {
    const tree = new Tree();
    tree.add(node('tmp', 'directory', 0o1777));
    tree.add(node('tmp', 'directory', 0o755));
    tree.add(node('tmp/f', 'file', 0o600));
    tree.add(node('tmp/f', 'symlink', 0o777));
    assert.deepEqual(
      tree.sorted().map(({ path, type, mode }) => [path, type, mode]),
      [
        ['tmp', 'directory', 0o1777],
        ['tmp/f', 'symlink', 0o777],
      ],
    );
  });

  it('refuses what would hide files or write through a link', () => {
    const tree = new Tree();
    tree.add(node('lib', 'symlink'));
    tree.add(node('etc/x'));
    assert.throws(() => {
      tree.add(node('lib/libc.so'));
    }, /\/lib a symlink and also puts a file at \/lib\/libc\.so/);
    assert.throws(
      () => {
        tree.add(node('etc'));
      },
      { code: 'conflicting-files' },
    );
  });
});
