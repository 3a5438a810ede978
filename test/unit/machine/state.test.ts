import assert from 'node:assert/strict';
import { readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  identifyProcess,
  isRunning,
  type MachineState,
  newIdentity,
  readState,
  writeState,
} from '../../../pkg/machine/index.ts';
import { makeSocketFolder, socketFolder } from '../../../pkg/machine/sockets.ts';
import { withTempDir } from '../../support/lkit.ts';

async function stateOf(process: { pid: number; startedAt: string }): Promise<MachineState> {
  return Promise.resolve({
    version: 1,
    name: 'demo',
    identity: newIdentity(),
    running: {
      backend: 'qemu',
      arch: 'x86_64',
      process,
      command: ['qemu'],
      sockets: { console: '/c', control: '/q', agents: ['/a'] },
      consoleLog: '/l',
      startedAt: '2026-01-01T00:00:00.000Z',
    },
  });
}

describe('machine: state on disk', () => {
  it('comes back as written while the process lives, in a folder for its owner alone', async () => {
    await withTempDir(async (parent) => {
      const folder = path.join(parent, 'demo-state');
      assert.equal(await readState(folder), undefined);
      const self = await identifyProcess(process.pid);
      assert.ok(self);
      const state = await stateOf(self);
      await writeState(folder, state);
      assert.deepEqual(await readState(folder), state);
      assert.equal((await stat(folder)).mode & 0o777, 0o700);
      assert.deepEqual(await readdir(folder), ['machine.json']);
    });
  });

  it('does not take a later process with the same pid for the machine', async () => {
    await withTempDir(async (folder) => {
      const state = await stateOf({ pid: process.pid, startedAt: 'before the last reboot' });
      await writeState(folder, state);
      const read = await readState(folder);
      assert.equal(read?.running, undefined);
      assert.deepEqual(read?.identity, state.identity);
    });
  });

  it('knows a dead process', async () => {
    assert.equal(await isRunning({ pid: 2 ** 22 + 1, startedAt: 'x' }), false);
    assert.equal(await identifyProcess(2 ** 22 + 1), undefined);
  });

  for (const text of ['', '{', '[]', '{"version":2}', '{"version":1}', '{"version":1,"identity":{},"running":{}}']) {
    it(`refuses ${JSON.stringify(text)} as a state`, async () => {
      await withTempDir(async (folder) => {
        await writeFile(path.join(folder, 'machine.json'), text);
        await assert.rejects(readState(folder), { code: 'bad-state', hint: /disks/ });
      });
    });
  }

  it('gives every machine its own uuid and a unicast, locally administered MAC address', () => {
    const [a, b] = [newIdentity(), newIdentity()];
    assert.match(a.mac, /^52:54:00(:[0-9a-f]{2}){3}$/);
    assert.match(a.uuid, /^[0-9a-f-]{36}$/);
    assert.notEqual(a.uuid, b.uuid);
  });
});

describe('machine: where the sockets are', () => {
  it('is the state folder as long as its path fits into sun_path', () => {
    assert.equal(socketFolder('/a/demo-state', '/tmp'), '/a/demo-state');
    const long = `/${'x'.repeat(120)}`;
    const other = socketFolder(long, '/tmp');
    assert.match(other, /^\/tmp\/lkit-[0-9a-f]{16}$/);
    assert.equal(socketFolder(long, '/tmp'), other);
    assert.notEqual(socketFolder(`${long}y`, '/tmp'), other);
    // Bytes count, not characters.
    assert.match(socketFolder(`/${'ä'.repeat(50)}`, '/tmp'), /^\/tmp\/lkit-/);
  });

  it('is made for its owner alone', async () => {
    await withTempDir(async (parent) => {
      const folder = path.join(parent, 's');
      await makeSocketFolder(folder);
      assert.equal((await stat(folder)).mode & 0o777, 0o700);
      await makeSocketFolder(folder);
    });
  });
});
