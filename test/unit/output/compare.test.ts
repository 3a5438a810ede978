import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { contentOf, type Member, writeCpio } from '../../../pkg/archive/index.ts';
import { compareFiles, type Difference } from '../../../pkg/output/index.ts';
import { withTempDir } from '../../support/lkit.ts';

/** A cpio archive of these files. */
async function archive(files: Readonly<Record<string, string>>): Promise<Buffer> {
  async function* members(): AsyncGenerator<Member> {
    for (const [name, data] of Object.entries(files)) {
      const content = Buffer.from(data);
      const entry = { path: name, type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, size: content.length } as const;
      yield await Promise.resolve({ entry, content: contentOf(content) });
    }
  }
  const chunks: Buffer[] = [];
  for await (const chunk of writeCpio(members())) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function compare(one: Buffer, other: Buffer): Promise<Difference | undefined> {
  return await withTempDir(async (folder) => {
    const [a, b] = [path.join(folder, 'a'), path.join(folder, 'b')] as const;
    await writeFile(a, one);
    await writeFile(b, other);
    return await compareFiles(a, b);
  });
}

describe('two files', () => {
  it('are equal', async () => {
    const large = Buffer.alloc(1_000_000, 'x');
    assert.equal(await compare(large, large), undefined);
    assert.equal(await compare(Buffer.alloc(0), Buffer.alloc(0)), undefined);
  });

  it('differ at a byte, or where one of them ends', async () => {
    const [one, other] = [Buffer.alloc(1_000_000, 'x'), Buffer.alloc(1_000_000, 'x')];
    other[777_777] = 0;
    assert.deepEqual(await compare(one, other), { offset: 777_777 });
    assert.deepEqual(await compare(one, one.subarray(0, 12)), { offset: 12 });
    assert.deepEqual(await compare(Buffer.alloc(0), one), { offset: 0 });
  });

  it('differ in a member of one of several archives', async () => {
    const first = await archive({ a: 'same', b: 'also the same' });
    const [one, other] = [
      await archive({ c: 'x'.repeat(9), d: 'abcdef' }),
      await archive({ c: 'x'.repeat(9), d: 'abXdef' }),
    ];
    const found = await compare(Buffer.concat([first, one]), Buffer.concat([first, other]));
    assert.deepEqual(found?.member, { name: 'd', offset: 2 });
    assert.equal(
      Buffer.concat([first, one])
        .subarray(found.offset, found.offset + 4)
        .toString(),
      'cdef',
    );
  });

  it('differ in the header of a member', async () => {
    const found = await compare(await archive({ a: '1', name: 'x' }), await archive({ a: '1', other: 'x' }));
    assert.deepEqual(found?.member, { name: 'name', offset: undefined });
  });

  it('differ in a member of a compressed archive, after others that are not', async () => {
    const microcode = await archive({ 'kernel/x86/microcode/GenuineIntel.bin': 'm' });
    const segment = gzipSync(await archive({ a: 'same' }));
    const [one, other] = await Promise.all(
      ['1', '2'].map(async (each) => gzipSync(await archive({ 'etc/date': `2026${each}` }))),
    );
    const found = await compare(Buffer.concat([microcode, segment, one!]), Buffer.concat([microcode, segment, other!]));
    assert.deepEqual(found?.member, { name: 'etc/date', offset: 4 });
    assert.ok(found.offset >= microcode.length + segment.length);
  });
});
