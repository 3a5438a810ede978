import assert from 'node:assert/strict';
import {
  appendFile,
  copyFile,
  mkdtemp,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bytes, type Part, partBytes, writeParts } from '../../../pkg/output/parts.ts';
import { changedFiles, rememberWritten } from '../../../pkg/output/written.ts';
import { Store } from '../../../pkg/store/index.ts';
import { collect } from '../archive/raw-tar.ts';

describe('a written file', () => {
  let folder: string;
  let store: Store;
  let source: string;
  let target: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lkit-written-'));
    store = await Store.open(path.join(folder, 'store'));
    source = path.join(folder, 'source');
    target = path.join(folder, 'target');
    await writeFile(source, 'image');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const parts = (note = 'note'): readonly Part[] => [
    bytes(Buffer.from('head')),
    { file: source },
    bytes(Buffer.from(note)),
  ];

  /** As a build does it; tells whether it wrote. */
  async function build(of = parts()): Promise<boolean> {
    const changed = await changedFiles(store, [{ target, parts: of }]);
    for (const file of changed) await writeParts(file.parts, file.target);
    await rememberWritten(store, changed);
    const expected = await collect(partBytes(of));
    assert.deepEqual(await readFile(target), expected);
    return changed.length > 0;
  }

  it('is left alone as long as it would be the same', async () => {
    assert.equal(await build(), true);
    assert.equal(await build(), false);
    // The store notes a use by the time of a file.
    await utimes(source, 1, 1);
    assert.equal(await build(), false);
    assert.equal(await build(parts('another note')), true);
    assert.equal(await build(), true);
  });

  it('is written anew when a file in it was replaced by one of the same size', async () => {
    await build();
    await rm(source);
    await writeFile(source, 'IMAGE');
    assert.equal(await build(), true);
  });

  const changes: readonly (readonly [string, () => Promise<void>])[] = [
    ['was removed', () => rm(target)],
    ['grew', () => appendFile(target, 'x')],
    ['shrank', () => truncate(target, 3)],
    ['was written over', () => writeFile(target, 'HEADimagenote')],
    ['was copied over', () => copyFile(source, target)],
    [
      'was written over, with its time set back',
      async () => {
        const { atime, mtime } = await stat(target);
        await writeFile(target, 'HEADimagenote');
        await utimes(target, atime, mtime);
      },
    ],
    [
      'became a link',
      async () => {
        await copyFile(target, `${target}.copy`);
        await appendFile(`${target}.copy`, 'x');
        await rm(target);
        await symlink(`${target}.copy`, target);
      },
    ],
  ];
  for (const [what, change] of changes) {
    it(`is written anew once it ${what}`, async () => {
      await build();
      await change();
      assert.equal(await build(), true);
    });
  }

  it('is always written where it is too much to compare', async () => {
    const large = [{ file: source }, bytes(Buffer.alloc(5 << 20))];
    assert.equal(await build(large), true);
    assert.equal(await build(large), true);
  });
});
