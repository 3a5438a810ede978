import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  ensureDisk,
  isRunning,
  type MachineSpec,
  newIdentity,
  readState,
  vfkitBackend,
  type VfkitSettings,
} from '../../../pkg/machine/index.ts';
import { demoMachine } from '../../support/demo-machine.ts';
import { type FakeVfkitGuest, writeFakeVfkit } from '../../support/fake-vfkit.ts';
import { arm64ImageHead, bzImageHead } from '../../support/kernels.ts';
import { withTempDir } from '../../support/lkit.ts';
import { runSession, type Session } from '../../support/session.ts';
import { stopAndRemoveFromOutside } from './from-outside.ts';

async function machineIn(folder: string): Promise<MachineSpec> {
  const [kernel, initrd] = [path.join(folder, 'demo-kernel'), path.join(folder, 'demo-initrd.img')];
  await writeFile(kernel, arm64ImageHead());
  await writeFile(initrd, '');
  return {
    ...demoMachine,
    arch: 'aarch64',
    cpus: 2,
    boot: { kind: 'kernel', kernel, initrd, cmdline: 'console=ttyAMA0 a,b' },
    identity: newIdentity(),
  };
}

function settingsIn(folder: string, stateFolder: string): VfkitSettings {
  return {
    program: undefined,
    searchPath: folder,
    vsockPorts: [],
    stateFolder,
    consoleLog: undefined,
    temporaryFolder: folder,
    host: { platform: 'darwin', arch: 'aarch64' },
  };
}

async function withSession(
  guest: FakeVfkitGuest,
  use: (session: Session) => Promise<void>,
  options: {
    readonly settings?: Partial<VfkitSettings>;
    readonly machine?: Partial<MachineSpec>;
    readonly state?: string;
  } = {},
): Promise<void> {
  await withTempDir(async (folder) => {
    const stateFolder = path.join(folder, options.state ?? 'demo-state');
    await writeFakeVfkit(folder, guest);
    const machine = { ...(await machineIn(folder)), ...options.machine };
    const backendFor = () => vfkitBackend({ ...settingsIn(folder, stateFolder), ...options.settings });
    await runSession({ machine, stateFolder, backendFor }, use);
  });
}

describe('machine: vfkit', function () {
  this.timeout(20_000);

  it('carries bytes both ways over a pseudo-terminal, unchanged, keeps a log, and ends with the guest', async () => {
    await withSession({ says: 'CMDLINE\nlogin: ' }, async ({ run, input, sees, shown, stateFolder }) => {
      await sees(/login: /);
      assert.equal(shown(), 'console=ttyAMA0 a,b console=hvc0\nlogin: ');
      input.write('\x01\x03x\xff\r\n', 'latin1');
      await sees(/x\xff\r\n$/);
      input.write('off\n');
      assert.equal(await run.finished, 'powered-off');
      assert.ok(shown().startsWith('console=ttyAMA0 a,b console=hvc0\nlogin: \x01\x03x\xff\r\n'));
      assert.equal(await readFile(path.join(stateFolder, 'console.log'), 'latin1'), shown());
    });
  });

  it('tells a failure and a crash from a power-off', async () => {
    await withSession({ then: 'powers-off' }, async ({ run }) => {
      assert.equal(await run.finished, 'powered-off');
    });
    await withSession({ then: 'fails' }, async ({ run }) => {
      await assert.rejects(run.finished, { code: 'died', message: /exit code 1\): hypervisor virtualization error$/ });
    });
    await withSession({ then: 'crashes' }, async ({ run }) => {
      await assert.rejects(run.finished, { code: 'died', message: /SIGABRT/ });
    });
  });

  it('presses the power button, and cuts the power of a guest that does not react', async () => {
    await withSession({ says: 'up' }, async ({ run, sees }) => {
      await sees(/up/);
      run.interrupt();
      assert.equal(await run.finished, 'interrupted');
    });
    await withSession({ says: 'up', stubborn: true }, async ({ run, sees, stateFolder }) => {
      await sees(/up/);
      const running = (await readState(stateFolder))?.running;
      assert.equal(running?.backend, 'vfkit');
      run.interrupt();
      run.interrupt();
      assert.equal(await run.finished, 'interrupted');
      assert.equal(await isRunning(running.process), false);
    });
  });

  it('is stopped by another command, which says what it cannot reach', async () => {
    await withSession(
      { says: 'up' },
      async ({ run, sees, stateFolder }) => {
        await sees(/up/);
        await stopAndRemoveFromOutside(stateFolder, run.finished);
      },
      { settings: { vsockPorts: [1024] } },
    );
  });

  it('kills a vfkit that no longer answers', async () => {
    await withSession({ says: 'up', deaf: true }, async ({ run, sees }) => {
      await sees(/up/);
      run.terminate();
      assert.equal(await run.finished, 'terminated');
    });
  });

  it('gives it disks, shared folders and vsock ports, wherever its state is', async () => {
    await withTempDir(async (folder) => {
      const raw = path.join(folder, 'a b.raw');
      const disks = [await ensureDisk({ path: raw, sizeMiB: 1, format: 'raw' }, () => undefined)];
      await withSession(
        { says: 'up' },
        async ({ run, sees, stateFolder }) => {
          await sees(/up/);
          const command = (await readState(stateFolder))?.running?.command ?? [];
          assert.ok(command.includes(`virtio-fs,sharedDir=${folder},mountTag=src`));
          run.terminate();
          assert.equal(await run.finished, 'terminated');
        },
        {
          state: path.join('a b', 'y'.repeat(60)),
          machine: { disks, shares: [{ folder, tag: 'src', readOnly: false }] },
          settings: { vsockPorts: [1024] },
        },
      );
    });
  });

  it('boots ISO and disk images through the UEFI firmware of macOS', async () => {
    await withTempDir(async (folder) => {
      const file = path.join(folder, 'demo.iso');
      await writeFile(file, 'iso');
      for (const kind of ['iso', 'disk'] as const) {
        const boot = { kind, file, format: 'raw' } as const;
        const powersOff: FakeVfkitGuest = { then: 'powers-off' };
        await withSession(
          powersOff,
          async ({ run }) => {
            assert.equal(await run.finished, 'powered-off');
          },
          { machine: { boot } },
        );
      }
    });
  });

  it("gives vfkit's own words when it does not start", async () => {
    await withSession(
      {},
      async ({ run }) => {
        await assert.rejects(run.finished, { code: 'did-not-start', message: /cpus out of range/ });
      },
      { machine: { cpus: 65 } },
    );
  });

  it('says where it runs, what it boots and what it misses', async () => {
    await withTempDir(async (folder) => {
      const machine = await machineIn(folder);
      const inspect = (settings: Partial<VfkitSettings>, changes: Partial<MachineSpec> = {}): Promise<unknown> =>
        vfkitBackend({ ...settingsIn(folder, path.join(folder, 's')), ...settings }).inspect({
          ...machine,
          ...changes,
        });
      const linux = { platform: 'linux', arch: 'aarch64' } as const;
      await assert.rejects(inspect({ host: linux }), { code: 'wrong-host', hint: /lkit run qemu demo/ });
      await assert.rejects(inspect({}, { arch: 'x86_64' }), { code: 'wrong-host', message: /aarch64, not x86_64/ });
      await assert.rejects(inspect({}), { code: 'missing-tool', hint: /brew install vfkit/ });
      await mkdir(path.join(folder, 'bin'));
      const searchPath = path.dirname(await writeFakeVfkit(path.join(folder, 'bin')));
      await inspect({ searchPath });
      await writeFile(path.join(folder, 'demo-kernel'), Buffer.from([0x1f, 0x8b, 8, 0]));
      await assert.rejects(inspect({ searchPath }), { code: 'wrong-kernel', message: /uncompressed arm64 Image/ });
      const intel = { searchPath, host: { platform: 'darwin', arch: 'x86_64' } } as const;
      await assert.rejects(inspect(intel, { arch: 'x86_64' }), { code: 'wrong-kernel', message: /bzImage/ });
      await writeFile(path.join(folder, 'demo-kernel'), bzImageHead());
      await inspect(intel, { arch: 'x86_64' });
    });
  });
});
