import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { flatten, type Layer } from '../../../pkg/image/index.ts';
import { inChunks, type RawEntry, rawTar } from '../archive/raw-tar.ts';
import { inOrder, layer, tree } from './layers.ts';

const dir = (name: string, more: RawEntry = {}): RawEntry => ({ name: `${name}/`, type: '5', mode: 0o755, ...more });
const file = (name: string, data = '', more: RawEntry = {}): RawEntry => ({ name, data, ...more });
const symlink = (name: string, link: string): RawEntry => ({ name, type: '2', link });
const hardlink = (name: string, link: string): RawEntry => ({ name, type: '1', link });
const gone = (name: string): RawEntry => ({ name });

describe('flatten', () => {
  it('puts layers on top of one another', async () => {
    assert.deepEqual(
      await tree([
        [dir('etc'), file('etc/a', 'lower'), file('etc/b', 'lower')],
        [file('etc/b', 'upper'), file('etc/c', 'upper')],
      ]),
      ['d etc', '- etc/a = lower', '- etc/b = upper', '- etc/c = upper'],
    );
  });

  it('gives directories first, then what has no content, then files as the layers have them', async () => {
    assert.deepEqual(
      await inOrder([[file('z/file', '1'), file('b', '2'), symlink('link', 'x'), file('a/empty')], [file('a/a', '3')]]),
      ['d a', 'd z', '- a/empty', 'l link -> x', '- z/file = 1', '- b = 2', '- a/a = 3'],
    );
  });

  it('gives the root first, with the metadata of its entry', async () => {
    for await (const { entry } of flatten([layer([dir('.', { mode: 0o700, uid: 5, mtime: 9 })])])) {
      assert.deepEqual(entry, { path: '', type: 'directory', mode: 0o700, uid: 5, gid: 0, mtime: 9, size: 0 });
      break;
    }
  });

  it("makes missing directories: root's, 0755, of 1970", async () => {
    assert.deepEqual(await tree([[file('a/b/c', 'x', { uid: 7, mtime: 5 })]]), ['d a', 'd a/b', '- 7:0 @5 a/b/c = x']);
  });

  it('gives a directory the metadata of its last entry, and keeps what it holds', async () => {
    const value = Buffer.from('01', 'hex');
    assert.deepEqual(
      await tree([
        [dir('d', { mode: 0o700, pax: [['SCHILY.xattr.user.a', value]] }), file('d/f', 'x')],
        [dir('d', { mode: 0o711, uid: 1, gid: 2, mtime: 3 })],
      ]),
      ['d 711 1:2 @3 d', '- d/f = x'],
    );
  });

  it('keeps what a file is beyond its content', async () => {
    const capability = Buffer.from('0100000280ff0a00', 'hex');
    assert.deepEqual(
      await tree([
        [
          file('ping', 'x', {
            mode: 0o4755,
            uid: 2 ** 21 - 1,
            pax: [['SCHILY.xattr.security.capability', capability]],
          }),
          { name: 'null', type: '3', device: [1, 3], mode: 0o666 },
          { name: 'sda', type: '4', device: [8, 0], mode: 0o660, gid: 6 },
          { name: 'pipe', type: '6' },
          file('caf\xe9', 'latin', { pax: [['uid', '2147483647']] }),
        ],
      ]),
      [
        '- 2147483647:0 caf\xe9 = latin',
        'c 666 null 1,3',
        '- 4755 2097151:0 ping = x security.capability=0100000280ff0a00',
        'p pipe',
        'b 660 0:6 sda 8,0',
      ],
    );
  });

  it('moves times before 1970 to it', async () => {
    assert.deepEqual(await tree([[file('old', '', { pax: [['mtime', '-1']] })]]), ['- old']);
  });

  it('takes compressed layers', async () => {
    const bytes = gzipSync(rawTar([file('a', 'x')]));
    assert.deepEqual(await tree([bytes]), ['- a = x']);
  });

  it('reads no layer again of which nothing is left', async () => {
    let opened = 0;
    const counting = (entries: readonly RawEntry[]): Layer => ({
      open: () => {
        opened++;
        return inChunks(rawTar(entries));
      },
    });
    const names: string[] = [];
    for await (const { entry } of flatten([counting([file('a', '1')]), counting([file('a', '2')])]))
      names.push(entry.path);
    assert.deepEqual([names, opened], [['', 'a'], 3]);
  });

  it('stops when it is told to', async () => {
    const iterator = flatten([layer([file('a')])], { signal: AbortSignal.abort() });
    await assert.rejects(iterator.next(), { name: 'AbortError' });
  });

  it('stops within a file when it is told to', async () => {
    const stop = new AbortController();
    const bytes = rawTar([file('large', 'x'.repeat(100_000))]);
    let read = 0;
    async function* open(): AsyncGenerator<Buffer> {
      for (let at = 0; at < bytes.length; at += 1024) {
        read++;
        if (read === 3) stop.abort();
        yield await Promise.resolve(bytes.subarray(at, at + 1024));
      }
    }
    await assert.rejects(flatten([{ open }], { signal: stop.signal }).next(), { name: 'AbortError' });
    assert.equal(read, 3);
  });

  describe('diff ids', () => {
    const bytes = rawTar([file('a', 'x')]);
    const digest = (data: Buffer): `sha256:${string}` => `sha256:${createHash('sha256').update(data).digest('hex')}`;

    it('are of the uncompressed bytes', async () => {
      const layers = [{ open: () => inChunks(gzipSync(bytes)), diffId: digest(bytes) }];
      let count = 0;
      for await (const { entry } of flatten(layers)) count += entry.path === 'a' ? 1 : 0;
      assert.equal(count, 1);
    });

    it('have to be right', async () => {
      const layers = [{ open: () => inChunks(bytes), diffId: digest(Buffer.alloc(1)) }];
      await assert.rejects(flatten(layers).next(), { code: 'digest-mismatch', message: /^layer 1 of 1: / });
    });
  });
});

describe('flatten, whiteouts', () => {
  const lower = [dir('d'), file('d/a', 'a'), file('d/b', 'b'), dir('d/s'), file('d/s/x', 'x')];

  it('hide a file of a lower layer', async () => {
    assert.deepEqual(await tree([lower, [gone('d/.wh.a')]]), ['d d', '- d/b = b', 'd d/s', '- d/s/x = x']);
  });

  it('hide a directory with all that it holds', async () => {
    assert.deepEqual(await tree([lower, [gone('.wh.d')]]), []);
  });

  it('may name what is not there, in directories that are not there', async () => {
    assert.deepEqual(
      await tree([[file('a')], [gone('.wh.b'), gone('x/y/.wh.z'), gone('x/.wh..wh..opq'), gone('a/.wh.b')]]),
      ['- a'],
    );
  });

  it('do not concern their own layer, whichever comes first', async () => {
    assert.deepEqual(await tree([lower, [file('d/a', 'new'), gone('d/.wh.a')]]), [
      'd d',
      '- d/a = new',
      '- d/b = b',
      'd d/s',
      '- d/s/x = x',
    ]);
    assert.deepEqual(await tree([lower, [gone('.wh.d'), file('d/new', 'new')]]), ['d d', '- d/new = new']);
    assert.deepEqual(await tree([lower, [file('d/s/new', 'new'), gone('.wh.d')]]), ['d d', 'd d/s', '- d/s/new = new']);
    assert.deepEqual(await tree([[file('a', 'x'), gone('.wh.a')]]), ['- a = x']);
  });

  it('may be directories or links themselves', async () => {
    assert.deepEqual(
      await tree([
        [file('a'), file('b')],
        [dir('.wh.a'), symlink('.wh.b', 'x')],
      ]),
      [],
    );
  });

  it('that are opaque hide everything in a directory, and not the directory', async () => {
    assert.deepEqual(await tree([lower, [gone('d/.wh..wh..opq')]]), ['d d']);
    assert.deepEqual(await tree([lower, [dir('d', { mode: 0o700 }), gone('d/.wh..wh..opq'), file('d/new', 'n')]]), [
      'd 700 d',
      '- d/new = n',
    ]);
  });

  it('that are opaque keep what their own layer has, whichever comes first', async () => {
    assert.deepEqual(await tree([lower, [file('d/s/new', 'n'), file('d/b', 'new'), gone('d/.wh..wh..opq')]]), [
      'd d',
      '- d/b = new',
      'd d/s',
      '- d/s/new = n',
    ]);
  });

  it('that are opaque in the root leave only their layer', async () => {
    assert.deepEqual(await tree([lower, [file('only', 'x'), gone('.wh..wh..opq')]]), ['- only = x']);
  });

  it('reach through a symlinked directory', async () => {
    assert.deepEqual(
      await tree([[dir('usr/lib'), file('usr/lib/a', 'x'), symlink('lib', 'usr/lib')], [gone('lib/.wh.a')]]),
      ['l lib -> usr/lib', 'd usr', 'd usr/lib'],
    );
  });

  it('hide a symlink, not what it points to', async () => {
    assert.deepEqual(await tree([[file('target', 'x'), symlink('link', 'target')], [gone('.wh.link')]]), [
      '- target = x',
    ]);
  });

  it('let a later layer bring the name back', async () => {
    assert.deepEqual(await tree([[file('a', '1')], [gone('.wh.a')], [file('a', '3')]]), ['- a = 3']);
  });

  it('are only names that begin with .wh.', async () => {
    const names = ['a.wh.b', 'x.wh.', '.wha', '.whiteout', 'dir.wh.d/f'];
    assert.deepEqual(await tree([names.map((name) => file(name))]), [
      '- .wha',
      '- .whiteout',
      '- a.wh.b',
      'd dir.wh.d',
      '- dir.wh.d/f',
      '- x.wh.',
    ]);
  });

  it("leave out AUFS's own files", async () => {
    assert.deepEqual(
      await tree([
        [file('.wh..wh.aufs'), dir('.wh..wh.plnk'), file('.wh..wh.plnk/1.2', 'x'), file('d/.wh..wh.orph'), file('a')],
      ]),
      ['- a'],
    );
  });
});

describe('flatten, replacing', () => {
  it('a file by a directory and a directory by a file', async () => {
    assert.deepEqual(
      await tree([
        [file('a', 'x'), dir('b'), file('b/c', 'y')],
        [dir('a'), file('b', 'z')],
      ]),
      ['d a', '- b = z'],
    );
  });

  it('a directory by a symlink takes what it held along', async () => {
    assert.deepEqual(await tree([[dir('b'), file('b/c', 'y')], [symlink('b', 'elsewhere')]]), ['l b -> elsewhere']);
  });

  it('a symlink to a directory by a directory leaves what it pointed to', async () => {
    assert.deepEqual(
      await tree([
        [dir('t'), file('t/f', 'x'), symlink('l', 't')],
        [dir('l'), file('l/g', 'y')],
      ]),
      ['d l', '- l/g = y', 'd t', '- t/f = x'],
    );
  });

  it('within one layer, the last entry counts', async () => {
    assert.deepEqual(await tree([[file('a', 'first'), file('a', 'last'), file('b', 'x'), symlink('b', 'y')]]), [
      '- a = last',
      'l b -> y',
    ]);
  });

  it('a file by an empty one', async () => {
    assert.deepEqual(await tree([[file('a', 'full')], [file('a')]]), ['- a']);
  });
});

describe('flatten, symlinked parents', () => {
  it('are followed inside the tree', async () => {
    assert.deepEqual(await tree([[dir('usr/lib'), symlink('lib', 'usr/lib')], [file('lib/x', '1')]]), [
      'l lib -> usr/lib',
      'd usr',
      'd usr/lib',
      '- usr/lib/x = 1',
    ]);
  });

  it('may be absolute, and then begin at the root of the tree', async () => {
    assert.deepEqual(await tree([[symlink('run', '/var/run')], [file('run/x', '1')]]), [
      'l run -> /var/run',
      'd var',
      'd var/run',
      '- var/run/x = 1',
    ]);
  });

  it('may go up, and do not leave the tree', async () => {
    assert.deepEqual(await tree([[dir('a'), symlink('a/up', '../../../../b')], [file('a/up/x', '1')]]), [
      'd a',
      'l a/up -> ../../../../b',
      'd b',
      '- b/x = 1',
    ]);
  });

  it('may follow one another', async () => {
    assert.deepEqual(await tree([[symlink('a', 'b/.'), symlink('b', './/c'), dir('c'), file('a/x', '1')]]), [
      'l a -> b/.',
      'l b -> .//c',
      'd c',
      '- c/x = 1',
    ]);
  });
});

describe('flatten, hard links', () => {
  it('follow the file that they share, named by the first in the order of names', async () => {
    assert.deepEqual(await inOrder([[file('m', 'x'), hardlink('z', 'm'), hardlink('a', 'm')]]), [
      '- a = x',
      'h m -> a',
      'h z -> a',
    ]);
  });

  it('tell how many names there are', async () => {
    const links: (number | undefined)[] = [];
    for await (const { entry } of flatten([layer([file('a', 'x'), hardlink('b', 'a'), file('c', 'y')])]))
      links.push(entry.links);
    assert.deepEqual(links, [undefined, 2, 2, undefined]);
  });

  it('reach into lower layers, and outlive what they named', async () => {
    assert.deepEqual(await tree([[file('old', 'x', { mode: 0o600, uid: 3 })], [hardlink('new', 'old')]]), [
      '- 600 3:0 new = x',
      'h 600 3:0 old -> new',
    ]);
    assert.deepEqual(await tree([[file('old', 'x')], [hardlink('new', 'old')], [gone('.wh.old')]]), ['- new = x']);
    assert.deepEqual(await tree([[file('old', 'x')], [hardlink('new', 'old'), file('old', 'y')]]), [
      '- new = x',
      '- old = y',
    ]);
  });

  it('of empty files are links, too', async () => {
    assert.deepEqual(await tree([[file('a'), hardlink('b', 'a')]]), ['- a', 'h b -> a']);
  });

  it('of links, devices and pipes are copies', async () => {
    assert.deepEqual(
      await tree([
        [
          symlink('l', 'x'),
          hardlink('m', 'l'),
          { name: 'c', type: '3', device: [1, 3] },
          hardlink('d', 'c'),
          { name: 'p', type: '6' },
          hardlink('q', 'p'),
        ],
      ]),
      ['c c 1,3', 'c d 1,3', 'l l -> x', 'l m -> x', 'p p', 'p q'],
    );
  });

  it('reach through symlinked directories', async () => {
    assert.deepEqual(
      await tree([[dir('usr/bin'), file('usr/bin/a', 'x'), symlink('bin', 'usr/bin'), hardlink('bin/b', '/bin/a')]]),
      ['l bin -> usr/bin', 'd usr', 'd usr/bin', '- usr/bin/a = x', 'h usr/bin/b -> usr/bin/a'],
    );
  });

  it('replace what has their name', async () => {
    assert.deepEqual(await tree([[file('a', 'x'), dir('b'), file('b/c')], [hardlink('b', 'a')]]), [
      '- a = x',
      'h b -> a',
    ]);
  });
});
