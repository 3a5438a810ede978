import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { ImageError, type ImageErrorCode, type Limits } from '../../../pkg/image/index.ts';
import { type RawEntry, rawTar } from '../archive/raw-tar.ts';
import { type Layers, tree } from './layers.ts';

const dir = (name: string): RawEntry => ({ name: `${name}/`, type: '5', mode: 0o755 });
const file = (name: string, data = ''): RawEntry => ({ name, data });
const symlink = (name: string, link: string): RawEntry => ({ name, type: '2', link });
const hardlink = (name: string, link: string): RawEntry => ({ name, type: '1', link });
const long = (name: string, type = '0', link?: string): RawEntry => ({
  name: 'x',
  type,
  pax: [['path', name], ...(link === undefined ? [] : [['linkpath', link] as const])],
  ...(link === undefined ? {} : { link: 'x' }),
});

const halves = (bytes: Buffer): readonly Buffer[] => [bytes.subarray(0, 700), bytes.subarray(700)];

/** Layers that try to leave the tree, and where their files end up instead. */
const contained: readonly (readonly [string, Layers, readonly string[]])[] = [
  ['an absolute path', [[file('/etc/passwd', 'x')]], ['d etc', '- etc/passwd = x']],
  ['two slashes', [[file('//a//b', 'x')]], ['d a', '- a/b = x']],
  ['..', [[file('../a', 'x')]], ['- a = x']],
  ['../ many times', [[file('../../../../../../../../a', 'x')]], ['- a = x']],
  ['.. in the middle', [[file('a/../../b', 'x')]], ['- b = x']],
  ['.. at the end of a directory', [[dir('a/b/..')]], ['d a']],
  ['.. in a PAX path', [[long('../../p')]], ['- p']],
  ['.. in a GNU long name', [[{ type: 'L', data: '../../g\0' }, file('x', 'y')]], ['- g = y']],
  ['.. behind the prefix field', [[{ name: '../../f', prefix: 'a', data: 'x' }]], ['- f = x']],
  ['a name of dots', [[file('...', 'x')]], ['- ... = x']],
  [
    'a symlink to / and a file below it',
    [[symlink('l', '/'), file('l/etc/passwd', 'x')]],
    ['d etc', '- etc/passwd = x', 'l l -> /'],
  ],
  ['a symlink to .. and a file below it', [[symlink('l', '..'), file('l/f', 'x')]], ['- f = x', 'l l -> ..']],
  [
    'a symlink far up and a file below it',
    [[symlink('l', '../../../../tmp'), file('l/f', 'x')]],
    ['l l -> ../../../../tmp', 'd tmp', '- tmp/f = x'],
  ],
  [
    'a symlink to an absolute path and a file below it',
    [[symlink('l', '/root/.ssh'), file('l/authorized_keys', 'x')]],
    ['l l -> /root/.ssh', 'd root', 'd root/.ssh', '- root/.ssh/authorized_keys = x'],
  ],
  [
    'a symlink through a symlink',
    [[symlink('a', '/b'), symlink('b', '../../c'), file('a/f', 'x')]],
    ['l a -> /b', 'l b -> ../../c', 'd c', '- c/f = x'],
  ],
  [
    'a symlink of a lower layer',
    [[symlink('l', '/../../out')], [file('l/f', 'x')]],
    ['l l -> /../../out', 'd out', '- out/f = x'],
  ],
  ['a file over a symlink that points out', [[symlink('l', '/etc/passwd')], [file('l', 'x')]], ['- l = x']],
  [
    'a directory over a symlink that points out',
    [[symlink('l', '/etc'), dir('l'), file('l/f', 'x')]],
    ['d l', '- l/f = x'],
  ],
  [
    'a hard link with an absolute target',
    [[dir('etc'), file('etc/f', 'x'), hardlink('g', '/etc/f')]],
    ['d etc', '- etc/f = x', 'h g -> etc/f'],
  ],
  [
    'a hard link through a symlink that points out',
    [[symlink('l', '../..'), file('f', 'x'), hardlink('g', 'l/f')]],
    ['- f = x', 'h g -> f', 'l l -> ../..'],
  ],
  [
    'a hard link to a symlink that points out',
    [[symlink('l', '/etc/shadow'), hardlink('g', 'l')]],
    ['l g -> /etc/shadow', 'l l -> /etc/shadow'],
  ],
  [
    'a file over a hard link to a symlink',
    [[symlink('l', '/etc/shadow'), hardlink('g', 'l'), file('g', 'x')]],
    ['- g = x', 'l l -> /etc/shadow'],
  ],
  ['a whiteout above the root', [[file('a', 'x')], [file('../../.wh.a')]], []],
  [
    'a whiteout through a symlink that points out',
    [[symlink('l', '../../..'), file('a', 'x')], [file('l/.wh.a')]],
    ['l l -> ../../..'],
  ],
  ['a whiteout below a file', [[file('a', 'x')], [file('a/.wh.b')]], ['- a = x']],
  ['a whiteout of a whiteout', [[file('a', 'x')], [file('.wh..wh.a')]], ['- a = x']],
  ['a whiteout of the root as a directory', [[file('a', 'x')], [dir('.wh..wh..opq')]], []],
  [
    "an opaque marker through a symlink loop's sibling",
    [[symlink('l', 'd'), dir('d'), file('d/f')], [file('l/.wh..wh..opq')]],
    ['d d', 'l l -> d'],
  ],
  ['a name with line ends', [[file('a\nb', 'x')]], ['- a\nb = x']],
  ['a name with terminal escapes', [[file('\x1b[2J', 'x')]], ['- \x1b[2J = x']],
  ['a name of a space', [[file(' ', 'x')]], ['-   = x']],
  ['a name with a backslash', [[file('a\\..\\b', 'x')]], ['- a\\..\\b = x']],
  [
    'names that objects have',
    [[file('__proto__/constructor', 'x'), file('toString', 'y')]],
    ['d __proto__', '- __proto__/constructor = x', '- toString = y'],
  ],
  [
    'a directory entry with content announced',
    [[{ name: 'd/', type: '5', mode: 0o755, size: 4096 }, file('d/f', 'x')]],
    ['d d', '- d/f = x'],
  ],
  [
    'a hard link with content announced',
    [[file('a', 'x'), { name: 'b', type: '1', link: 'a', size: 1 }, file('c', 'y')]],
    ['- a = x', 'h b -> a', '- c = y'],
  ],
  [
    'the same directory many times',
    [[...Array.from({ length: 50 }, () => dir('d')), file('d/f', 'x')]],
    ['d d', '- d/f = x'],
  ],
  [
    'a file that becomes a directory that becomes a file',
    [[file('a', '1'), dir('a'), file('a/b', '2'), file('a', '3')]],
    ['- a = 3'],
  ],
  ['bytes after the end', [Buffer.concat([rawTar([file('a', 'x')]), Buffer.from('tail'.repeat(1000))])], ['- a = x']],
  [
    'devices and pipes',
    [
      [
        { name: 'null', type: '3', device: [1, 3] },
        { name: 'sda', type: '4', device: [8, 0] },
        { name: 'pipe', type: '6' },
      ],
    ],
    ['c null 1,3', 'p pipe', 'b sda 8,0'],
  ],
  [
    'a device whose numbers are as large as they get',
    [[{ name: 'd', type: '3', device: [4095, 1_048_575] }]],
    ['c d 4095,1048575'],
  ],
  ['a file over a device, not through it', [[{ name: 'd', type: '4', device: [8, 0] }], [file('d', 'x')]], ['- d = x']],
  ['a file over a pipe, not into it', [[{ name: 'd', type: '6' }, file('d', 'x')]], ['- d = x']],
  [
    'setuid, setgid and sticky bits',
    [
      [
        { name: 'd/', type: '5', mode: 0o1777 },
        { name: 'd/f', mode: 0o6755, data: 'x' },
      ],
    ],
    ['d 1777 d', '- 6755 d/f = x'],
  ],
  [
    'owners of 2^31 and more',
    [
      [
        {
          name: 'f',
          pax: [
            ['uid', '2147483648'],
            ['gid', '4294967294'],
          ],
        },
      ],
    ],
    ['- 2147483648:4294967294 f'],
  ],
  [
    'attributes whose values hold any byte',
    [[{ name: 'f', pax: [['SCHILY.xattr.user.a', Buffer.from([0, 10, 61, 128, 255])]] }]],
    ['- f user.a=000a3d80ff'],
  ],
  [
    'names that are no UTF-8, and the same name in UTF-8',
    [[file('caf\xe9', '1'), file('caf\xc3\xa9', '2')]],
    ['- caf\xc3\xa9 = 2', '- caf\xe9 = 1'],
  ],
  [
    'a hard link whose own name is a whiteout',
    [[file('f', 'x'), file('g', 'y')], [hardlink('.wh.g', 'f')]],
    ['- f = x'],
  ],
  [
    'a symlink and a device whose names are whiteouts',
    [
      [file('f'), file('g')],
      [symlink('.wh.f', '/'), { name: '.wh.g', type: '3' }],
    ],
    [],
  ],
  ['a whiteout with content', [[file('f', 'x'), file('g', 'y')], [file('.wh.f', 'z'.repeat(600))]], ['- g = y']],
  ['an opaque marker below a file', [[file('f', 'x')], [file('f/.wh..wh..opq')]], ['- f = x']],
  [
    'an opaque marker in a directory that is not there',
    [[file('f', 'x')], [file('no/such/.wh..wh..opq')]],
    ['- f = x'],
  ],
  ['an opaque marker above the root', [[file('f', 'x')], [file('../../.wh..wh..opq'), file('g', 'y')]], ['- g = y']],
  [
    'an opaque marker behind a symlink that points out',
    [[symlink('l', '/../..'), file('f', 'x')], [file('l/.wh..wh..opq')]],
    [],
  ],
  ['an opaque marker in the lowest layer', [[file('f', 'x'), file('.wh..wh..opq')]], ['- f = x']],
  ['a whiteout in the lowest layer', [[file('f', 'x'), file('.wh.f')]], ['- f = x']],
  [
    'a directory that is hidden and comes back as a symlink out',
    [[file('d/f', 'x')], [file('.wh.d')], [symlink('d', '/..'), file('d/g', 'y')]],
    ['l d -> /..', '- g = y'],
  ],
  [
    'a layer in two gzip members',
    [Buffer.concat(halves(rawTar([file('a', 'x')])).map((half) => gzipSync(half)))],
    ['- a = x'],
  ],
  ['an empty layer between others', [[file('a', 'x')], [], [file('b', 'y')]], ['- a = x', '- b = y']],
  ['an archive that ends without its mark', [rawTar([file('a', 'x')], 0)], ['- a = x']],
  ['a symlink to itself, not used', [[symlink('l', 'l'), file('a', 'x')]], ['- a = x', 'l l -> l']],
];

/** Layers that cannot be applied, the code and a part of the message. */
const refused: readonly (readonly [string, Layers, ImageErrorCode, RegExp])[] = [
  [
    'a hard link out of the tree',
    [[hardlink('l', '../../etc/shadow')]],
    'invalid-layer',
    /^layer 1 of 1: "l": .*outside/,
  ],
  [
    'a hard link to what is not there',
    [[hardlink('l', 'etc/shadow')]],
    'broken-hard-link',
    /"etc\/shadow", which is not there/,
  ],
  ['a hard link to what comes later', [[hardlink('l', 'f'), file('f', 'x')]], 'broken-hard-link', /not there/],
  ['a hard link to itself', [[file('f', 'x'), hardlink('f', 'f')]], 'broken-hard-link', /not there/],
  ['a hard link to a directory', [[dir('d'), hardlink('l', 'd')]], 'broken-hard-link', /a directory/],
  ['a hard link to the root', [[hardlink('l', '/')]], 'broken-hard-link', /a directory/],
  [
    'a hard link to what its own path replaces',
    [[file('d/f', 'x'), hardlink('d', 'd/f')]],
    'broken-hard-link',
    /not there/,
  ],
  [
    'a hard link to a hidden file',
    [[file('f', 'x')], [file('.wh.f'), hardlink('l', 'f')]],
    'broken-hard-link',
    /not there/,
  ],
  [
    "a hard link into AUFS's folder",
    [[file('.wh..wh.plnk/1.2', 'x'), hardlink('l', '.wh..wh.plnk/1.2')]],
    'broken-hard-link',
    /not there/,
  ],
  ['a hard link through a loop', [[symlink('a', 'a'), hardlink('l', 'a/f')]], 'symlink-loop', /too many symlinks/],
  [
    'a hard link to a whiteout',
    [[file('f', 'x')], [file('.wh.f'), hardlink('l', '.wh.f')]],
    'broken-hard-link',
    /"\.wh\.f", which is not there/,
  ],
  [
    'a device whose numbers are larger than Linux has',
    [[{ name: 'd', type: '3', device: [2_097_151, 0] }]],
    'invalid-layer',
    /major device number/,
  ],
  ['a whiteout of the root', [[file('f', 'x')], [dir('.wh.')]], 'invalid-whiteout', /names nothing/],
  ['a size that is more than there is', [[{ name: 'f', data: 'x', size: 5000 }]], 'invalid-layer', /"f": .*middle/],
  [
    'a size in an extended header that is more than there is',
    [[{ name: 'f', data: 'x', pax: [['size', '9000']] }]],
    'invalid-layer',
    /"f": .*middle/,
  ],
  ['a size that is no number', [[{ name: 'f', pax: [['size', '1e3']] }]], 'invalid-layer', /"f"/],
  [
    'a size that is less than there is',
    [[{ name: 'f', data: 'x'.repeat(2000), size: 10 }]],
    'invalid-layer',
    /no tar archive|damaged|checksum/,
  ],
  ['a hard link without a target', [[{ name: 'l', type: '1' }]], 'invalid-layer', /empty/],
  ['a symlink without a target', [[{ name: 'l', type: '2' }]], 'invalid-layer', /empty/],
  ['a file below a file', [[file('a', 'x'), file('a/b', 'y')]], 'not-a-directory', /"a\/b": a file stands where/],
  [
    'a file below a device',
    [[{ name: 'a', type: '3', device: [1, 3] }, file('a/b', 'y')]],
    'not-a-directory',
    /a character stands/,
  ],
  [
    'a file below a symlink to a file',
    [[file('f', 'x'), symlink('l', 'f'), file('l/b')]],
    'not-a-directory',
    /a file stands/,
  ],
  ['a symlink to itself', [[symlink('l', 'l'), file('l/f')]], 'symlink-loop', /"l\/f": too many symlinks/],
  ['symlinks to one another', [[symlink('a', 'b'), symlink('b', 'a')], [file('a/f')]], 'symlink-loop', /too many/],
  ['a symlink that grows', [[symlink('l', 'l/l/l/l'), file('l/f')]], 'symlink-loop', /too many/],
  [
    'symlinks that multiply',
    [
      [
        ...Array.from({ length: 20 }, (_, n) =>
          symlink(
            `${n}`,
            Array(10)
              .fill(`${n + 1}`)
              .join('/'),
          ),
        ),
        symlink('20', '.'),
        file('0/f'),
      ],
    ],
    'symlink-loop',
    /too many/,
  ],
  ['a whiteout that names nothing', [[file('.wh.')]], 'invalid-whiteout', /names nothing/],
  ['a whiteout of .', [[file('d/.wh..')]], 'invalid-whiteout', /names nothing/],
  ['a whiteout of ..', [[file('d/.wh...')]], 'invalid-whiteout', /names nothing/],
  ['a file in the place of the root', [[{ name: './', type: '0' }]], 'invalid-layer', /place of the root/],
  [
    'a symlink in the place of the root',
    [[symlink('/', '/host')]],
    'invalid-layer',
    /a symlink cannot take the place of the root/,
  ],
  ['a hard link in the place of the root', [[file('a'), hardlink('a/..', 'a')]], 'invalid-layer', /place of the root/],
  ['a name of 256 bytes', [[long('n'.repeat(256))]], 'invalid-name', /longer than 255 bytes/],
  ['a directory of 256 bytes on the way', [[long(`${'n'.repeat(256)}/f`)]], 'invalid-name', /longer than 255/],
  [
    'a directory of 256 bytes behind a symlink',
    [[long('l', '2', 'n'.repeat(256)), file('l/f')]],
    'invalid-name',
    /longer than 255/,
  ],
  ['a NUL in a name', [[long('a\0b')]], 'invalid-layer', /NUL/],
  ['a NUL in a target', [[long('l', '2', 'a\0b')]], 'invalid-layer', /NUL/],
  ['a negative owner', [[{ name: 'f', pax: [['uid', '-5']] }]], 'invalid-layer', /owner/],
  ['an unknown type', [[{ name: 'f', type: 'Z' }]], 'invalid-layer', /type "Z"/],
  [
    'half a file',
    [rawTar([file('f', 'x'.repeat(2000))]).subarray(0, 1000)],
    'invalid-layer',
    /^layer 1 of 1: "f": .*middle/,
  ],
  [
    'half a gzip stream',
    [gzipSync(rawTar([file('f', 'x')])).subarray(0, -12)],
    'invalid-layer',
    /gzip stream ends in the middle/,
  ],
  [
    'text',
    [[], Buffer.from('not an archive at all '.repeat(50))],
    'invalid-layer',
    /^layer 2 of 2: this is no tar archive/,
  ],
  ['HTML', [Buffer.from('<html>'.repeat(200))], 'invalid-layer', /no tar archive/],
];

const deep = (levels: number): string => Array.from({ length: levels }, () => 'd').join('/');
const gzipBomb = gzipSync(
  Buffer.concat([rawTar([{ name: 'zeros', size: 100 << 20 }], 0), Buffer.alloc((100 << 20) + 1024)]),
);

/** Layers that cost too much: the limit that says so, and a smaller value of it that makes the case fast. */
const costly: readonly (readonly [string, Layers, keyof Limits, Partial<Limits>])[] = [
  ['too many layers', Array.from({ length: 600 }, () => []), 'layers', {}],
  ['too many files', [Array.from({ length: 30 }, (_, n) => file(`${n}`))], 'entries', { entries: 29 }],
  [
    'too many files in all layers',
    [
      [file('a'), file('b')],
      [file('a'), file('b')],
    ],
    'entries',
    { entries: 3 },
  ],
  ['too many bytes', [[file('a', 'x'.repeat(100_000))]], 'unpacked-bytes', { 'unpacked-bytes': 50_000 }],
  [
    'too many bytes in all layers',
    [[file('a', 'x'.repeat(50_000))], [file('a', 'x'.repeat(50_000))]],
    'unpacked-bytes',
    { 'unpacked-bytes': 80_000 },
  ],
  [
    'a hole of 8 PiB',
    [
      [
        {
          name: 's',
          pax: [
            ['GNU.sparse.size', '9007199254740991'],
            ['GNU.sparse.map', ''],
          ],
        },
      ],
    ],
    'unpacked-bytes',
    {},
  ],
  ['a gzip bomb', [gzipBomb], 'compression-ratio', {}],
  ['a gzip bomb after the end of the archive', [gzipSync(Buffer.alloc(100 << 20))], 'compression-ratio', {}],
  ['a path that is too long', [[long(deep(2049))]], 'path-bytes', {}],
  ['a target that is too long', [[long('l', '2', 'a/'.repeat(2100))]], 'path-bytes', {}],
  [
    'a path that symlinks make too long',
    [[long(`${deep(2000)}/l`), long('s', '2', deep(2000)), long(`s/${deep(200)}/f`)]],
    'path-bytes',
    {},
  ],
  [
    'attributes that fill the memory',
    [
      Array.from({ length: 40 }, (_, n): RawEntry => ({
        name: `${n}`,
        pax: [['SCHILY.xattr.user.a', 'v'.repeat(1000)]],
      })),
    ],
    'metadata-bytes',
    { 'metadata-bytes': 30_000 },
  ],
];

describe('hostile layers', () => {
  it('are at least 60', () => {
    assert.ok(contained.length + refused.length + costly.length >= 60);
  });

  for (const [what, layers, expected] of contained) {
    it(`stay inside the tree: ${what}`, async () => {
      assert.deepEqual(await tree(layers), expected);
    });
  }

  for (const [what, layers, code, message] of refused) {
    it(`are refused: ${what}`, async () => {
      await assert.rejects(tree(layers), (error: unknown) => {
        assert.ok(error instanceof ImageError, String(error));
        assert.equal(error.code, code, error.message);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  for (const [what, layers, limit, limits] of costly) {
    it(`are limited: ${what}`, async () => {
      await assert.rejects(tree(layers, { limits }), (error: unknown) => {
        assert.ok(error instanceof ImageError, String(error));
        assert.equal(error.code, 'limit-exceeded', error.message);
        assert.match(error.hint ?? '', new RegExp(`--limit ${limit}=NUMBER`));
        return true;
      });
    });
  }

  it('pass when their limit is raised', async () => {
    const path = deep(2049);
    assert.equal((await tree([[long(path)]], { limits: { 'path-bytes': 5000 } })).length, 2049);
  });
});
