import assert from 'node:assert/strict';
import { DiskIdentity } from '../../../../pkg/output/disk/identity.ts';
import { guidBytes, guidPartitionTable, partitionTypes } from '../../../../pkg/output/disk/gpt.ts';
import { fat32Type, masterBootRecord } from '../../../../pkg/output/disk/mbr.ts';
import { sha256 } from '../../../../pkg/image/index.ts';

const mib = 1 << 20;

describe('a master boot record', () => {
  it('has boot code, a serial number and one active partition', () => {
    const bootCode = Buffer.alloc(440, 0x90);
    const partition = { offset: mib, bytes: 34 * mib, type: fat32Type, active: true };
    const { offset, bytes } = masterBootRecord([partition], { bootCode, serial: 0x12345678 });
    assert.equal(offset, 0);
    assert.equal(bytes.toString('hex', 0, 446), `${'90'.repeat(440)}785634120000`);
    // Sector 2048 is head 32, sector 33 of cylinder 0; 71679 is head 117, sector 49 of cylinder 4.
    assert.equal(bytes.toString('hex', 446, 462), `802021000c7531040008000000100100`);
    assert.equal(bytes.toString('hex', 462), `${'00'.repeat(48)}55aa`);
  });

  it('says "too far" where cylinders do not reach', () => {
    const { bytes } = masterBootRecord([{ offset: 16_384 * mib, bytes: mib, type: fat32Type }], { serial: 0 });
    assert.equal(bytes.toString('hex', 447, 450), 'feffff');
  });
});

describe('a GUID partition table', () => {
  it('has GUIDs with their numbers in small-endian order', () => {
    assert.equal(guidBytes(partitionTypes.efiSystem).toString('hex'), '28732ac11ff8d211ba4b00a0c93ec93b');
  });

  it('stands at both ends of the disk', () => {
    const uuid = '00112233-4455-8677-8899-aabbccddeeff';
    const patches = guidPartitionTable(40 * mib, uuid, [
      { offset: mib, bytes: 34 * mib, type: partitionTypes.efiSystem, uuid, name: 'EFI system' },
    ]);
    const places = patches.map(({ offset, bytes }) => [offset, bytes.length]);
    const end = 40 * mib;
    const table = 32 * 512;
    assert.deepEqual(places, [
      [0, 512],
      [512, 512],
      [1024, table],
      [end - 512 - table, table],
      [end - 512, 512],
    ]);
  });
});

describe('the identity of a disk', () => {
  const one = new DiskIdentity(sha256('one'));

  it('is the same for the same content, and different for another', () => {
    const again = new DiskIdentity(sha256('one'));
    const other = new DiskIdentity(sha256('other'));
    for (const get of [(id: DiskIdentity) => id.uuid('disk'), (id: DiskIdentity) => id.serial('disk')]) {
      assert.equal(get(one), get(again));
      assert.notEqual(get(one), get(other));
    }
    assert.notEqual(one.uuid('disk'), one.uuid('partition'));
  });

  it('has UUIDs of version 8 and moments that ISO 9660 and FAT can hold', () => {
    assert.match(one.uuid('disk'), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    for (let number = 0; number < 100; number++) {
      const year = one.moment(String(number)).getUTCFullYear();
      assert.ok(year >= 1990 && year < 2020, String(year));
    }
  });
});
