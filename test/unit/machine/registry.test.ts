import assert from 'node:assert/strict';
import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  findMachine,
  identifyProcess,
  listMachines,
  newIdentity,
  removeMachine,
  type RunningState,
  writeState,
} from '../../../pkg/machine/index.ts';
import { defaultRegistry } from '../../../pkg/machine/registry-folder.ts';
import { registerMachine } from '../../../pkg/machine/registry.ts';
import { withTempDir } from '../../support/lkit.ts';

/** Makes machines known that have run: NAME with the state folder FOLDER. */
async function withMachines(
  machines: Readonly<Record<string, string>>,
  use: (registry: string, folder: string) => Promise<void>,
): Promise<void> {
  await withTempDir(async (folder) => {
    const registry = path.join(folder, 'registry');
    for (const [stateFolder, name] of Object.entries(machines)) {
      await writeState(path.join(folder, stateFolder), { version: 1, name, identity: newIdentity() });
      await registerMachine(registry, path.join(folder, stateFolder));
      await registerMachine(registry, path.join(folder, stateFolder));
    }
    await use(registry, folder);
  });
}

describe('machine: the registry', () => {
  it('is where XDG says, and a relative path counts as none', () => {
    assert.equal(defaultRegistry({ XDG_STATE_HOME: '/s' }, '/home/me'), '/s/lkit/machines');
    for (const env of [{}, { XDG_STATE_HOME: '' }, { XDG_STATE_HOME: 'state' }]) {
      assert.equal(defaultRegistry(env, '/home/me'), '/home/me/.local/state/lkit/machines');
    }
  });

  it('lists nothing where there is none', async () => {
    await withTempDir(async (folder) => {
      assert.deepEqual(await listMachines(path.join(folder, 'registry')), []);
    });
  });

  it('lists machines by name, each once, and forgets those whose folder is gone', async () => {
    await withMachines({ 'web-state': 'web', 'db-state': 'db', 'old-state': 'old' }, async (registry, folder) => {
      await rm(path.join(folder, 'old-state'), { recursive: true });
      const names = (await listMachines(registry)).map(({ name }) => name);
      assert.deepEqual(names, ['db', 'web']);
      assert.equal((await readdir(registry)).length, 2);
    });
  });

  it('finds a machine by name, by the name of its folder and by path', async () => {
    await withMachines({ 'web-state': 'web', second: 'db' }, async (registry, folder) => {
      for (const [name, found] of [
        ['web', 'web'],
        ['web-state', 'web'],
        ['second', 'db'],
        ['./second', 'db'],
        [path.join(folder, 'web-state'), 'web'],
      ] as const) {
        assert.equal((await findMachine(registry, name, folder)).name, found);
      }
    });
  });

  it('suggests a near name, and lists those that share one', async () => {
    await withMachines({ a: 'web', b: 'web' }, async (registry, folder) => {
      await assert.rejects(findMachine(registry, 'wep', folder), {
        code: 'no-machine',
        message: 'there is no machine wep (did you mean "web"?)',
      });
      await assert.rejects(findMachine(registry, 'web', folder), {
        code: 'several-machines',
        hint: `Name one: ${path.join(folder, 'a')}, ${path.join(folder, 'b')}`,
      });
      await assert.rejects(findMachine(registry, './web', folder), { code: 'no-machine' });
    });
  });
});

describe('machine: removal', () => {
  it('takes what lkit made, and leaves what it did not', async () => {
    await withMachines({ web: 'web' }, async (registry, folder) => {
      const files = ['console.log', 'qemu.log', 'disk.img', 'disk1.img', 'agent0.sock.lock', 'exit-code', 'diary.txt'];
      for (const file of files) await writeFile(path.join(folder, 'web', file), '');
      assert.deepEqual(await removeMachine(registry, await findMachine(registry, 'web', folder)), ['diary.txt']);
      assert.deepEqual(await readdir(path.join(folder, 'web')), ['diary.txt']);
      assert.deepEqual(await listMachines(registry), []);
    });
  });

  it('is refused while the machine runs', async () => {
    await withMachines({ web: 'web' }, async (registry, folder) => {
      const self = await identifyProcess(process.pid);
      assert.ok(self);
      const machine = await findMachine(registry, 'web', folder);
      const running: RunningState = {
        backend: 'qemu',
        arch: 'x86_64',
        process: self,
        command: [],
        sockets: { console: '', control: '', agents: [] },
        consoleLog: '',
        startedAt: '',
      };
      await assert.rejects(removeMachine(registry, { ...machine, state: { ...machine.state, running } }), {
        code: 'already-running',
        hint: /lkit stop web/,
      });
    });
  });
});
