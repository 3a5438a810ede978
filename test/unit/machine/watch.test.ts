import assert from 'node:assert/strict';
import { ConsoleWatch } from '../../../pkg/machine/console/index.ts';

/** The signs of a text that arrives in pieces of `size` bytes, without the first byte's. */
function signs(text: string, size = text.length): readonly unknown[] {
  const watch = new ConsoleWatch();
  const found = [];
  for (let at = 0; at < text.length; at += size) found.push(...watch.read(Buffer.from(text.slice(at, at + size))));
  return found.filter(({ kind }) => kind !== 'first-byte');
}

const panic = [
  '[    3.811928] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00\r\n',
  '[    3.813499] CPU: 0 PID: 1 Comm: init Not tainted 6.1.0 #1  Debian\r\n',
  '[    3.850527] ---[ end Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00 ]---\r\n',
].join('');
const text = 'Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00';

describe('machine: what the console says', () => {
  it('notices the first byte once', () => {
    const watch = new ConsoleWatch();
    assert.deepEqual(watch.read(Buffer.from('')), []);
    assert.deepEqual(watch.read(Buffer.from('\r')), [{ kind: 'first-byte' }]);
    assert.deepEqual(watch.read(Buffer.from('\n')), []);
  });

  for (const size of [1, 7, 1000]) {
    it(`sees a kernel panic and its end in pieces of ${size}, with nothing else alive`, () => {
      assert.deepEqual(signs(panic, size), [
        { kind: 'panic', line: text, final: false },
        { kind: 'panic', line: text, final: true },
      ]);
    });
  }

  it('sees life in a prompt behind a panic: somebody reads an old log', () => {
    assert.deepEqual(signs(`${panic}/ # `).at(-1), { kind: 'life' });
  });

  it('sees no life in unfinished lines of the kernel', () => {
    for (const beginning of ['[', '[   ', '[    3', '[    3.8', '[    3.811928] CPU', '---[ e', '\r\n', '   ']) {
      assert.deepEqual(signs(beginning), [], JSON.stringify(beginning));
    }
  });

  it("sees that lkit's stage 0 gave up", () => {
    assert.deepEqual(signs('lkit: stage 0: cannot mount the images\r\n', 5), [
      { kind: 'halted', line: 'cannot mount the images' },
    ]);
  });

  it("sees that lkit's init halted the boot", () => {
    assert.deepEqual(signs('lkit: boot halted: overlay: no such module\r\n', 5), [
      { kind: 'halted', line: 'overlay: no such module' },
    ]);
  });

  it('takes neither from the middle of a line', () => {
    const quoted = signs('echo "lkit: boot halted: x" Kernel panic - not syncing\n');
    assert.deepEqual([...new Set(quoted.map((sign) => JSON.stringify(sign)))], ['{"kind":"life"}']);
  });

  it('survives a line without an end', () => {
    const watch = new ConsoleWatch();
    for (let index = 0; index < 100; index++) watch.read(Buffer.alloc(100_000, 'x'));
    assert.deepEqual(watch.read(Buffer.from('\nlkit: boot halted: y\n')).at(-1), { kind: 'halted', line: 'y' });
  });
});
