import assert from 'node:assert/strict';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DiskIdentity } from '../../../../pkg/output/disk/identity.ts';
import { fixVmdk } from '../../../../pkg/output/disk/vmdk.ts';

const sectorBytes = 512;
const text = (contentId: string): string => `# Disk DescriptorFile
version=1
CID=${contentId}
parentCID=ffffffff
createType="streamOptimized"

# The Disk Data Base
ddb.adapterType = "lsilogic"
`;
const identity = new DiskIdentity(`sha256:${'0'.repeat(64)}`);

describe('fixVmdk', () => {
  let file: string;

  before(async () => {
    file = path.join(await mkdtemp(path.join(tmpdir(), 'lkit-test-')), 'disk.vmdk');
  });

  after(() => rm(path.dirname(file), { recursive: true }));

  /** A header and a descriptor of two sectors, behind one sector of something else. */
  const fixed = async (descriptor: string): Promise<Buffer> => {
    const bytes = Buffer.alloc(5 * sectorBytes, 0xaa).fill(0, 0, sectorBytes);
    bytes.writeBigUInt64LE(2n, 28);
    bytes.writeBigUInt64LE(2n, 36);
    bytes.fill(0, 2 * sectorBytes, 4 * sectorBytes).write(descriptor, 2 * sectorBytes, 'latin1');
    await writeFile(file, bytes);
    const handle = await open(file, 'r+');
    await fixVmdk(handle, identity);
    await handle.close();
    return readFile(file);
  };

  it('replaces the content identifier, and nothing else', async () => {
    const bytes = await fixed(text('7ff05589'));
    const id = identity.serial('vmdk').toString(16).padStart(8, '0');
    const descriptor = bytes.subarray(2 * sectorBytes, 4 * sectorBytes).toString('latin1');
    assert.equal(descriptor, text(id).padEnd(2 * sectorBytes, '\0'));
    assert.deepEqual(bytes.subarray(4 * sectorBytes), Buffer.alloc(sectorBytes, 0xaa));
  });

  // qemu-img writes the identifier without leading zeros, over a longer text whose end it leaves behind.
  for (const short of ['7df5bbe', 'c42d76', '0']) {
    it(`gives the same bytes where the identifier was the short ${short}`, async () => {
      const left = `${text(short)}\0${'"\n'.slice(-(8 - short.length))}`;
      assert.deepEqual(await fixed(left), await fixed(text('7ff05589')));
    });
  }
});
