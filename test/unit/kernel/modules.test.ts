import assert from 'node:assert/strict';
import {
  KernelError,
  missingModules,
  moduleClosure,
  moduleNameOf,
  parseModuleIndex,
} from '../../../pkg/kernel/index.ts';

const at = { file: 'lkit.yml', line: 3, column: 5 };

const index = parseModuleIndex(
  '6.1.0-1-amd64',
  [
    'kernel/drivers/i2c/i2c-dev.ko: kernel/drivers/i2c/i2c-core.ko',
    'kernel/drivers/i2c/i2c-core.ko:',
    'kernel/drivers/i2c/i2c-stub.ko: kernel/drivers/i2c/i2c-core.ko',
    'kernel/fs/ext4/ext4.ko: kernel/fs/jbd2/jbd2.ko kernel/fs/mbcache.ko kernel/lib/crc16.ko',
    'kernel/fs/jbd2/jbd2.ko: kernel/lib/crc16.ko',
    'kernel/fs/mbcache.ko:',
    'kernel/lib/crc16.ko:',
    'kernel/crypto/crc32c_generic.ko.xz:',
    '',
  ].join('\n'),
  'kernel/drivers/tty/serial/8250/8250.ko\nkernel/net/packet/af_packet.ko\n',
  '# Soft dependencies\nsoftdep ext4 pre: crc32c-generic missing-thing post: after\n',
);

describe('kernel modules', () => {
  it('names a module by its file, with or without compression', () => {
    assert.equal(moduleNameOf('kernel/drivers/i2c/i2c-stub.ko'), 'i2c_stub');
    assert.equal(moduleNameOf('kernel/crypto/crc32c_generic.ko.zst'), 'crc32c_generic');
  });

  it('orders what a module needs before it', () => {
    assert.deepEqual(moduleClosure(index, [{ name: 'ext4' }]), [
      'kernel/crypto/crc32c_generic.ko.xz',
      'kernel/lib/crc16.ko',
      'kernel/fs/mbcache.ko',
      'kernel/fs/jbd2/jbd2.ko',
      'kernel/fs/ext4/ext4.ko',
    ]);
  });

  it('takes the generic module of an algorithm that is needed by its name', () => {
    const dep = 'kernel/lib/libcrc32c.ko:\nkernel/crypto/crc32c_generic.ko:\n';
    for (const name of ['crc32c', 'crypto-crc32c']) {
      const kernel = parseModuleIndex('6.1.0-1-amd64', dep, '', `softdep libcrc32c pre: ${name}\n`);
      const files = moduleClosure(kernel, [{ name: 'libcrc32c' }]);
      assert.deepEqual(files, ['kernel/crypto/crc32c_generic.ko', 'kernel/lib/libcrc32c.ko']);
    }
  });

  it('takes a shared need once, and dashes for underscores', () => {
    assert.deepEqual(moduleClosure(index, [{ name: 'i2c_dev' }, { name: 'i2c-stub', at }]), [
      'kernel/drivers/i2c/i2c-core.ko',
      'kernel/drivers/i2c/i2c-dev.ko',
      'kernel/drivers/i2c/i2c-stub.ko',
    ]);
  });

  it('leaves out what is built in, even when the user asked for it', () => {
    assert.deepEqual(
      moduleClosure(index, [
        { name: '8250', at },
        { name: 'af_packet', at },
      ]),
      [],
    );
  });

  it('knows what a kernel has neither built in nor as a module', () => {
    const wanted = ['i2c-dev', 'crc32c-generic', '8250', 'overlay', 'squashfs'].map((name) => ({ name }));
    assert.deepEqual(missingModules(index, wanted), ['overlay', 'squashfs']);
    assert.deepEqual(missingModules({ ...index, builtin: [] }, wanted), [], 'nothing tells what is built in');
  });

  it('ignores an unknown module that nobody wrote down, and refuses one that somebody did', () => {
    assert.deepEqual(moduleClosure(index, [{ name: 'no-such' }]), []);
    assert.throws(
      () => moduleClosure(index, [{ name: 'i2c-stb', at }]),
      (error: unknown) => {
        assert.ok(error instanceof KernelError);
        assert.equal(error.code, 'unknown-module');
        assert.equal(error.message, 'the kernel (6.1.0-1-amd64) has no module "i2c-stb"');
        assert.equal(error.hint, 'The nearest names it has: i2c-stub.');
        assert.deepEqual(error.at, at);
        return true;
      },
    );
  });

  it('ends on modules that need each other', () => {
    const loop = parseModuleIndex('1', 'a.ko: b.ko\nb.ko: a.ko\n', '', '');
    assert.deepEqual(moduleClosure(loop, [{ name: 'a' }]), ['b.ko', 'a.ko']);
  });
});
