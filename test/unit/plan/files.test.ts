import assert from 'node:assert/strict';
import type { BundleFile } from '../../../pkg/bundle/index.ts';
import { layOut } from '../../../pkg/plan/files.ts';

function file(path: string, overrides: Partial<BundleFile> = {}): BundleFile {
  return { path, mode: 0o600, uid: 0, gid: 0, content: { kind: 'data', data: '' }, ...overrides };
}

const paths = (files: readonly BundleFile[]): readonly string[] => files.map((each) => each.path);

describe('layOut', () => {
  it('puts every folder right before what it holds', () => {
    assert.deepEqual(paths(layOut([file('b/c/d'), file('b.conf'), file('a')])), ['a', 'b', 'b/c', 'b/c/d', 'b.conf']);
  });

  const modes: readonly (readonly [file: number, parent: number])[] = [
    [0o600, 0o700],
    [0o644, 0o755],
    [0o640, 0o750],
    [0o444, 0o555],
    [0o4755, 0o755],
    [0o602, 0o703],
  ];
  for (const [mode, parent] of modes) {
    it(`gives the missing parents of a file of mode ${mode.toString(8)} mode ${parent.toString(8)}`, () => {
      const made = layOut([file('srv/a/b', { mode })]).map((each) => each.mode);
      assert.deepEqual(made, [parent, parent, mode]);
    });
  }

  it("gives a missing parent the file's owner, and one that is there its own mode", () => {
    const [etc, secret] = layOut([
      file('etc/secret/key', { uid: 5, gid: 6 }),
      file('etc', { mode: 0o711, content: { kind: 'directory' } }),
    ]);
    assert.deepEqual([etc?.path, etc?.mode, etc?.uid], ['etc', 0o711, 0]);
    assert.deepEqual([secret?.path, secret?.mode, secret?.uid, secret?.gid], ['etc/secret', 0o700, 5, 6]);
  });

  it('lets a later file replace an earlier one of the same path', () => {
    const replaced = layOut([file('a', { mode: 0o600 }), file('a', { mode: 0o644 })]);
    assert.deepEqual(
      replaced.map((each) => each.mode),
      [0o644],
    );
  });
});
