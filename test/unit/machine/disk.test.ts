import assert from 'node:assert/strict';
import { MachineError, parseDisks } from '../../../pkg/machine/index.ts';

const folders = { current: '/here', state: '/here/demo-state' };
const one = (text: string): unknown => parseDisks([text], folders)[0];

describe("machine: LinuxKit's -disk", () => {
  it('takes a path alone', () => {
    assert.deepEqual(one('data.qcow2'), { path: '/here/data.qcow2' });
  });

  it('takes file=, size= and format= in any order', () => {
    const expected = { path: '/elsewhere/d', sizeMiB: 4096, format: 'raw' };
    assert.deepEqual(one('file=/elsewhere/d,size=4G,format=raw'), expected);
    assert.deepEqual(one('size=4,format=raw,file=/elsewhere/d'), expected);
  });

  it('takes the path first, without its key', () => {
    assert.deepEqual(one('data.img,size=512M'), { path: '/here/data.img', sizeMiB: 512 });
  });

  it('keeps disks without a path in the state folder, numbered by their place', () => {
    const paths = parseDisks(['size=1G', 'x.qcow2', 'size=2G'], folders).map((disk) => disk.path);
    assert.deepEqual(paths, ['/here/demo-state/disk.img', '/here/x.qcow2', '/here/demo-state/disk2.img']);
  });

  it("goes by the name where LinuxKit's hyperkit does", () => {
    const requests = parseDisks(['size=1G', 'a.qcow2', 'a.img', 'b.qcow2,format=raw'], folders, 'by-name');
    assert.deepEqual(requests, [
      { path: '/here/demo-state/disk.raw', sizeMiB: 1024, format: 'raw' },
      { path: '/here/a.qcow2', format: 'qcow2' },
      { path: '/here/a.img', format: 'raw' },
      { path: '/here/b.qcow2', format: 'raw' },
    ]);
  });

  for (const text of ['', 'format=qcow2', 'a,b', 'a,size', 'colour=red', 'file=', 'a,format=vmdk', 'a,,size=1G']) {
    it(`refuses "${text}" with an example`, () => {
      assert.throws(
        () => one(text),
        (error) => error instanceof MachineError && error.code === 'bad-disk' && error.hint !== undefined,
      );
    });
  }

  it('refuses a size that is none', () => {
    assert.throws(() => one('a,size=big'), { code: 'bad-size', kind: 'input' });
  });

  it('refuses the same disk twice', () => {
    assert.throws(() => parseDisks(['a', 'file=/here/a,size=1G'], folders), { code: 'bad-disk' });
  });
});
