import assert from 'node:assert/strict';
import { ArchiveError, readTar } from '../../../pkg/archive/index.ts';
import { collect, inChunks, type RawEntry, rawTar } from './raw-tar.ts';

async function contentOf(entry: RawEntry): Promise<string> {
  const shown: string[] = [];
  for await (const member of readTar(inChunks(rawTar([entry, { name: 'next', data: 'N' }]), 300))) {
    const content = await collect(member.content);
    assert.equal(content.length, member.entry.size);
    shown.push(`${member.entry.path}=${content.toString('latin1').replaceAll('\0', '.')}`);
  }
  return shown.join(' ');
}

const old =
  (size: number, runs: readonly (readonly [number, number])[], more = false) =>
  (header: Buffer): void => {
    header.fill(0, 345, 512);
    runs.forEach(([offset, length], index) => {
      header.write(offset.toString(8).padStart(11, '0'), 386 + index * 24, 'latin1');
      header.write(length.toString(8).padStart(11, '0'), 398 + index * 24, 'latin1');
    });
    header[482] = more ? 1 : 0;
    header.write(size.toString(8).padStart(11, '0'), 483, 'latin1');
  };

function extension(runs: readonly (readonly [number, number])[]): Buffer {
  const block = Buffer.alloc(512);
  runs.forEach(([offset, length], index) => {
    block.write(offset.toString(8).padStart(11, '0'), index * 24, 'latin1');
    block.write(length.toString(8).padStart(11, '0'), 12 + index * 24, 'latin1');
  });
  return block;
}

const magic = 'ustar  \0';
const version1: readonly (readonly [string, string])[] = [
  ['GNU.sparse.major', '1'],
  ['GNU.sparse.minor', '0'],
  ['GNU.sparse.name', 's'],
];
const map1 = (text: string): Buffer => {
  const block = Buffer.alloc(512);
  block.write(text);
  return block;
};

describe('sparse files', () => {
  it('of the old GNU type come whole, with zeros for the holes', async () => {
    const patch = old(10, [
      [2, 2],
      [6, 1],
    ]);
    assert.equal(await contentOf({ name: 's', type: 'S', magic, data: 'abc', patch }), 's=..ab..c... next=N');
  });

  it('of the old GNU type may have more runs than the header has room for', async () => {
    const first = [
      [0, 1],
      [2, 1],
      [4, 1],
      [6, 1],
    ] as const;
    const data = Buffer.concat([extension([[8, 1]]), Buffer.from('abcde')]);
    const patch = old(10, first, true);
    assert.equal(await contentOf({ name: 's', type: 'S', magic, data, size: 5, patch }), 's=a.b.c.d.e. next=N');
  });

  it('of PAX format 0.0', async () => {
    const pax = [
      ['GNU.sparse.size', '6'],
      ['GNU.sparse.numblocks', '2'],
      ['GNU.sparse.offset', '1'],
      ['GNU.sparse.numbytes', '1'],
      ['GNU.sparse.offset', '4'],
      ['GNU.sparse.numbytes', '2'],
    ] as const;
    assert.equal(await contentOf({ name: 's', data: 'abc', pax }), 's=.a..bc next=N');
  });

  it('of PAX format 0.1', async () => {
    const pax = [
      ['GNU.sparse.size', '6'],
      ['GNU.sparse.name', 'real'],
      ['GNU.sparse.map', '1,1,4,2'],
    ] as const;
    assert.equal(await contentOf({ name: 's', data: 'abc', pax }), 'real=.a..bc next=N');
  });

  it('of PAX format 1.0', async () => {
    const pax = [...version1, ['GNU.sparse.realsize', '6'] as const];
    const data = Buffer.concat([map1('2\n1\n1\n4\n2\n'), Buffer.from('abc')]);
    assert.equal(await contentOf({ name: 'GNUSparseFile.0/s', data, pax }), 's=.a..bc next=N');
  });

  it('may be one hole', async () => {
    const pax = [...version1, ['GNU.sparse.realsize', '3'] as const];
    assert.equal(await contentOf({ data: map1('1\n3\n0\n'), pax }), 's=... next=N');
  });

  const realSize = (size: string): NonNullable<RawEntry['pax']> => [...version1, ['GNU.sparse.realsize', size]];
  const cases: readonly (readonly [string, RawEntry])[] = [
    [
      'overlap',
      {
        data: 'abc',
        pax: [
          ['GNU.sparse.size', '9'],
          ['GNU.sparse.map', '0,2,1,1'],
        ],
      },
    ],
    [
      'go backwards',
      {
        data: 'abc',
        pax: [
          ['GNU.sparse.size', '9'],
          ['GNU.sparse.map', '4,2,0,1'],
        ],
      },
    ],
    [
      'end after the file',
      {
        data: 'abc',
        pax: [
          ['GNU.sparse.size', '4'],
          ['GNU.sparse.map', '2,3'],
        ],
      },
    ],
    [
      'are longer than the data',
      {
        data: 'abc',
        pax: [
          ['GNU.sparse.size', '9'],
          ['GNU.sparse.map', '0,4'],
        ],
      },
    ],
    [
      'are shorter than the data',
      {
        data: 'abc',
        pax: [
          ['GNU.sparse.size', '9'],
          ['GNU.sparse.map', '0,2'],
        ],
      },
    ],
    [
      'are an odd number of numbers',
      {
        data: 'abc',
        pax: [
          ['GNU.sparse.size', '9'],
          ['GNU.sparse.map', '0,3,9'],
        ],
      },
    ],
    ['are announced and not there', { data: map1('9\n0\n1\n'), pax: realSize('9') }],
    ['are more than fit into memory', { data: map1('99999999\n'), pax: realSize('9') }],
    ['never end', { data: Buffer.alloc(4096, '1'), pax: realSize('9') }],
  ];
  for (const [what, entry] of cases) {
    it(`are refused when their runs ${what}`, async () => {
      await assert.rejects(contentOf({ name: 's', ...entry }), (error: unknown) => {
        assert.ok(error instanceof ArchiveError, String(error));
        assert.equal(error.code, 'invalid-sparse', error.message);
        return true;
      });
    });
  }
});
