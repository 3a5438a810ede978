import assert from 'node:assert/strict';
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, createServer as createNetServer } from 'node:net';
import path from 'node:path';
import {
  ensureDisk,
  hyperkitBackend,
  type HyperkitSettings,
  isRunning,
  type MachineSpec,
  newIdentity,
  readState,
} from '../../../pkg/machine/index.ts';
import { demoMachine } from '../../support/demo-machine.ts';
import { type FakeGuest, writeFakeHyperkit, writeFakeVpnkit } from '../../support/fake-hyperkit.ts';
import { bzImageHead } from '../../support/kernels.ts';
import { withTempDir } from '../../support/lkit.ts';
import { runSession, type Session } from '../../support/session.ts';
import { stopAndRemoveFromOutside } from './from-outside.ts';

interface SessionOptions {
  readonly settings?: Partial<HyperkitSettings>;
  readonly machine?: Partial<MachineSpec>;
  /** Relative to the temporary folder. */
  readonly state?: string;
  readonly before?: (stateFolder: string) => Promise<void>;
  readonly timeoutMs?: number;
}

async function machineIn(folder: string): Promise<MachineSpec> {
  const [kernel, initrd] = [path.join(folder, 'demo-kernel'), path.join(folder, 'demo-initrd.img')];
  await writeFile(kernel, bzImageHead());
  await writeFile(initrd, '');
  return {
    ...demoMachine,
    cpus: 2,
    boot: { kind: 'kernel', kernel, initrd, cmdline: 'console=ttyS0 a,b' },
    network: { kind: 'none' },
    identity: newIdentity(),
  };
}

function settingsIn(folder: string, stateFolder: string): HyperkitSettings {
  return {
    program: undefined,
    vpnkit: undefined,
    searchPath: folder,
    network: { kind: 'none' },
    address: undefined,
    vpnkitUuid: undefined,
    vsockPorts: [],
    diskDriver: 'virtio-blk',
    consoleInFile: false,
    stateFolder,
    consoleLog: undefined,
    temporaryFolder: folder,
    homeFolder: folder,
    host: { platform: 'darwin', arch: 'x86_64' },
    notice: () => undefined,
  };
}

async function withSession(
  guest: FakeGuest,
  use: (session: Session) => Promise<void>,
  options: SessionOptions = {},
): Promise<void> {
  await withTempDir(async (folder) => {
    const stateFolder = path.join(folder, options.state ?? 'demo-state');
    await writeFakeHyperkit(folder, guest);
    await writeFakeVpnkit(folder);
    await mkdir(stateFolder, { recursive: true });
    await options.before?.(stateFolder);
    const machine = { ...(await machineIn(folder)), ...options.machine };
    await runSession(
      {
        machine,
        stateFolder,
        backendFor: (notice) => hyperkitBackend({ ...settingsIn(folder, stateFolder), notice, ...options.settings }),
        timeoutMs: options.timeoutMs,
      },
      use,
    );
  });
}

function answerAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1');
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.once('error', reject).once('end', () => {
      resolve(answer);
    });
  });
}

async function freePort(): Promise<number> {
  const server = createNetServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('machine: hyperkit', function () {
  this.timeout(20_000);

  it('carries bytes both ways, keeps a log, and ends when the guest powers off', async () => {
    await withSession({ says: 'login: ' }, async ({ run, input, sees, shown, stateFolder }) => {
      await sees(/login: /);
      input.write('\x01x\xffoff\n', 'latin1');
      assert.equal(await run.finished, 'powered-off');
      assert.ok(shown().startsWith('login: \x01x\xff'));
      assert.equal(await readFile(path.join(stateFolder, 'console.log'), 'latin1'), shown());
      assert.deepEqual(
        (await readdir(stateFolder)).filter((name) => name.endsWith('.pid')),
        [],
      );
    });
  });

  it('does not lose what the guest said last', async () => {
    const says = `${'x'.repeat(100_000)}the end`;
    await withSession({ says, then: 'powers-off' }, async ({ run, shown }) => {
      await run.finished;
      assert.equal(shown().length, says.length);
    });
  });

  it('tells a reboot, a triple fault, a failure and a crash apart', async () => {
    await withSession({ then: 'resets' }, async ({ run }) => {
      assert.equal(await run.finished, 'reset');
    });
    for (const [then, message] of [
      ['triple-faults', /triple fault/],
      ['fails', /hyperkit .*vm_run error -1, errno 22/s],
      ['crashes', /hyperkit crashed \(SIGABRT\)/],
    ] as const) {
      await withSession({ then }, async ({ run }) => {
        await assert.rejects(run.finished, { message });
      });
    }
  });

  it('tells them apart as well where they come before anybody has seen the pid file', async () => {
    for (const [then, end] of [
      ['powers-off', 'powered-off'],
      ['resets', 'reset'],
    ] as const) {
      await withSession({ then, atOnce: true }, async ({ run }) => {
        assert.equal(await run.finished, end);
      });
    }
    for (const [then, message] of [
      ['triple-faults', /triple fault/],
      ['crashes', /hyperkit crashed \(SIGABRT\)/],
    ] as const) {
      await withSession({ then, atOnce: true }, async ({ run }) => {
        await assert.rejects(run.finished, { message });
      });
    }
  });

  it('presses the power button, and stops a guest that does not react', async () => {
    await withSession({ says: 'up' }, async ({ run, sees, said }) => {
      await sees(/up/);
      run.interrupt();
      assert.equal(await run.finished, 'interrupted');
      assert.match(said.join(), /asking the guest to power off/);
    });
    await withSession({ says: 'up', stubborn: true }, async ({ run, sees, stateFolder }) => {
      await sees(/up/);
      const running = (await readState(stateFolder))?.running;
      assert.equal(running?.backend, 'hyperkit');
      run.interrupt();
      run.interrupt();
      assert.equal(await run.finished, 'interrupted');
      assert.equal(await isRunning(running.process), false);
      // Killed, it could not remove it; and would not start where there is one.
      await assert.rejects(access(path.join(stateFolder, 'hyperkit.pid')), { code: 'ENOENT' });
    });
  });

  it('is stopped by another command, which says what it cannot reach', async () => {
    await withSession(
      { says: 'up' },
      async ({ run, sees, stateFolder }) => {
        await sees(/up/);
        await stopAndRemoveFromOutside(stateFolder, run.finished);
      },
      {
        machine: { network: { kind: 'user', publish: [] } },
        settings: { network: { kind: 'own-vpnkit' }, vsockPorts: [1024] },
      },
    );
  });

  it('fails when the kernel panics', async () => {
    const panic = 'Kernel panic - not syncing: no init\r\n';
    await withSession({ says: panic, then: 'resets' }, async ({ run }) => {
      await assert.rejects(run.finished, { code: 'guest-panicked', message: /no init/ });
    });
  });

  it('fails after the timeout', async () => {
    await withSession(
      { says: 'up' },
      async ({ run }) => {
        await assert.rejects(run.finished, { code: 'timed-out' });
      },
      { timeoutMs: 500 },
    );
  });

  it('starts where a killed hyperkit has left its pid file, and not where it still runs', async () => {
    const leaves = (pid: number) => (stateFolder: string) =>
      writeFile(path.join(stateFolder, 'hyperkit.pid'), `${pid}`);
    await withSession(
      { then: 'powers-off' },
      async ({ run }) => {
        assert.equal(await run.finished, 'powered-off');
      },
      { before: leaves(2 ** 22 + 1) },
    );
    await withSession(
      {},
      async ({ run }) => {
        await assert.rejects(run.finished, { code: 'already-running', message: new RegExp(`${process.pid}`) });
      },
      { before: leaves(process.pid) },
    );
  });

  it('leaves the console to a pseudo-terminal and a file when told so', async () => {
    await withSession(
      { says: 'login: ' },
      async ({ run, stateFolder, shown, said }) => {
        const ring = path.join(stateFolder, 'console-ring');
        while ((await readFile(ring, 'utf8').catch(() => '')) !== 'login: ')
          await new Promise((r) => setTimeout(r, 20));
        assert.equal(await readFile(path.join(stateFolder, 'tty'), 'utf8'), '/dev/ttys999');
        assert.match(said.join(), /screen .*tty/);
        run.interrupt();
        assert.equal(await run.finished, 'interrupted');
        assert.equal(shown(), '');
      },
      { settings: { consoleInFile: true } },
    );
  });

  it('gives it raw and qcow2 disks, a network of its own, vsock ports and an address', async () => {
    await withTempDir(async (folder) => {
      const [raw, qcow2] = [path.join(folder, 'a b.raw'), path.join(folder, 'a b.qcow2')];
      const disks = [
        await ensureDisk({ path: raw, sizeMiB: 1, format: 'raw' }, () => undefined),
        await ensureDisk({ path: qcow2, sizeMiB: 1, format: 'qcow2' }, () => undefined),
      ];
      for (const diskDriver of ['virtio-blk', 'ahci-hd'] as const) {
        await withSession(
          { says: 'up' },
          async ({ run, sees, stateFolder }) => {
            await sees(/up/);
            assert.match(await readFile(path.join(stateFolder, 'vpnkit.log'), 'utf8'), /address 192\.168\.65\.9\n/);
            const names = await readdir(stateFolder);
            for (const name of ['connect', 'guest.1024', 'vpnkit_eth.sock']) assert.ok(names.includes(name), name);
            run.terminate();
            await run.finished;
            assert.ok(!(await readdir(stateFolder)).includes('vpnkit_eth.sock'));
          },
          {
            machine: { disks, network: { kind: 'user', publish: [] } },
            settings: { network: { kind: 'own-vpnkit' }, address: '192.168.65.9', vsockPorts: [1024], diskDriver },
          },
        );
      }
    });
  });

  it('publishes ports through its own vpnkit, and takes them back', async () => {
    const host = await freePort();
    const publish = [
      { address: '', host, guest: 80, protocol: 'tcp' },
      { address: '', host, guest: 53, protocol: 'udp' },
    ] as const;
    await withSession(
      { says: 'up' },
      async ({ run, sees }) => {
        await sees(/up/);
        assert.equal(await answerAt(host), 'the guest at 127.0.0.1:80');
        run.terminate();
        await run.finished;
        await assert.rejects(answerAt(host), { code: 'ECONNREFUSED' });
      },
      // A folder whose path is too long for the names of vsock sockets.
      {
        state: 'y'.repeat(60),
        machine: { network: { kind: 'user', publish } },
        settings: { network: { kind: 'own-vpnkit' } },
      },
    );
  });

  it("says vpnkit's reason when it does not open a port, and starts nothing", async () => {
    const taken = createNetServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port: host } = taken.address() as { readonly port: number };
    try {
      const publish = [{ address: '', host, guest: 80, protocol: 'tcp' }] as const;
      await withSession(
        { says: 'up' },
        async ({ run, stateFolder }) => {
          await assert.rejects(run.finished, { code: 'ports-failed', message: /port is already allocated/ });
          assert.ok(!(await readdir(stateFolder)).includes('hyperkit.pid'));
        },
        { machine: { network: { kind: 'user', publish } }, settings: { network: { kind: 'own-vpnkit' } } },
      );
    } finally {
      taken.close();
    }
  });

  it("asks Docker Desktop's vpnkit over HTTP", async () => {
    await withTempDir(async (home) => {
      const data = path.join(home, 'Library/Containers/com.docker.docker/Data');
      await mkdir(data, { recursive: true });
      const asked: string[] = [];
      const api = createServer((request, response) => {
        let body = '';
        request.on('data', (chunk: Buffer) => (body += chunk.toString()));
        request.once('end', () => {
          asked.push(`${request.method ?? ''} ${request.url ?? ''} ${body}`);
          response.writeHead(200).end();
        });
      }).listen(path.join(data, 'vpnkit.port.sock'));
      const ethernet = createNetServer((socket) => {
        socket.once('data', () => socket.write(Buffer.alloc(300, 1)));
        socket.on('error', () => undefined);
      }).listen(path.join(data, 'vpnkit.eth.sock'));
      try {
        const publish = [{ address: '', host: 8080, guest: 80, protocol: 'tcp' }] as const;
        await withSession(
          { says: 'up' },
          async ({ run, sees }) => {
            await sees(/up/);
            run.terminate();
            await run.finished;
          },
          {
            machine: { network: { kind: 'user', publish } },
            settings: { network: { kind: 'docker-for-mac' }, homeFolder: home, address: '192.168.65.9' },
          },
        );
        const body = { proto: 'tcp', out_ip: '127.0.0.1', out_port: 8080, in_ip: '192.168.65.9', in_port: 80 };
        assert.deepEqual(asked, [
          `POST /forwards/expose/port ${JSON.stringify(body)}`,
          `POST /forwards/unexpose/port ${JSON.stringify(body)}`,
        ]);
      } finally {
        api.close();
        ethernet.close();
      }
    });
  });

  it("gives hyperkit's and vpnkit's own words when they do not start", async () => {
    await withSession(
      {},
      async ({ run }) => {
        await assert.rejects(run.finished, { code: 'did-not-start', message: /300 vCPUs|vCPUs requested but only 64/ });
      },
      { machine: { cpus: 300 } },
    );
    await withSession(
      {},
      async ({ run }) => {
        await assert.rejects(run.finished, { code: 'did-not-start', message: /vpnkit did not start/ });
      },
      { settings: { network: { kind: 'own-vpnkit' }, vpnkit: '/bin/false' } },
    );
  });

  it('says where it runs, what it boots and what it misses', async () => {
    await withTempDir(async (folder) => {
      const machine = await machineIn(folder);
      const refuses = async (
        settings: Partial<HyperkitSettings>,
        changes: Partial<MachineSpec>,
        expected: { readonly code: string; readonly hint?: RegExp; readonly message?: RegExp },
      ): Promise<void> => {
        const backend = hyperkitBackend({ ...settingsIn(folder, path.join(folder, 's')), ...settings });
        await assert.rejects(backend.inspect({ ...machine, ...changes }), expected);
      };
      const code = 'wrong-host';
      await refuses({ host: { platform: 'linux', arch: 'x86_64' } }, {}, { code, hint: /lkit run qemu demo/ });
      await refuses({ host: { platform: 'darwin', arch: 'aarch64' } }, {}, { code, message: /Intel.*aarch64/ });
      await refuses({}, { arch: 'aarch64' }, { code, message: /x86_64, not aarch64/ });
      await refuses({}, {}, { code: 'missing-tool', message: /hyperkit/ });
      await writeFakeHyperkit(folder);
      await refuses({ network: { kind: 'own-vpnkit' } }, {}, { code: 'missing-tool', message: /vpnkit/ });
      await refuses({ network: { kind: 'docker-for-mac' } }, {}, { code: 'bad-network', hint: /-networking vpnkit/ });
      const absent = { kind: 'vpnkit', ethernet: '/nowhere/e', ports: undefined } as const;
      await refuses({ network: absent }, {}, { code: 'bad-network', message: /\/nowhere\/e/ });
      await refuses({ address: '10.0.0.2' }, {}, { code: 'bad-network' });
      await writeFile(path.join(folder, 'demo-kernel'), Buffer.from('\x7fELF'));
      await refuses({}, {}, { code: 'wrong-kernel', hint: /lkit run qemu demo/ });
    });
  });
});
