import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import {
  type ForegroundRun,
  type MachineSpec,
  newIdentity,
  type PreparedMachine,
  qemuBackend,
  type QemuFacts,
  readState,
  runPrepared,
} from '../../../pkg/machine/index.ts';
import { demoMachine } from '../../support/demo-machine.ts';
import { withTempDir } from '../../support/lkit.ts';
import { runSession, type Session } from '../../support/session.ts';
import { serveAgent } from './fake-agent.ts';
import { type FakeBehaviour, writeFakeQemu } from './fake-qemu.ts';

const emulated = { name: 'tcg', arguments: ['tcg'], chosen: true } as const;
const machine: MachineSpec = { ...demoMachine, memoryMiB: 64, network: { kind: 'none' }, identity: newIdentity() };

interface SessionOptions {
  readonly timeoutMs?: number;
  readonly kvm?: FakeBehaviour;
  readonly stateFolder?: string;
  /** lkit learns only then that the machine has started. */
  readonly learnsAfterEnd?: boolean;
}

const longFolder = path.join('x'.repeat(60), 'y'.repeat(60));

async function withSession(
  behaviour: FakeBehaviour,
  use: (session: Session) => Promise<void>,
  options: SessionOptions = {},
): Promise<void> {
  await withTempDir(async (folder) => {
    const stateFolder = path.join(folder, options.stateFolder ?? 'demo-state');
    const program = await writeFakeQemu(folder, { tcg: behaviour, kvm: options.kvm ?? {} });
    const backendFor = (notice: (text: string) => void): ReturnType<typeof qemuBackend> => {
      const backend = qemuBackend({
        accelerator: emulated,
        program,
        extraArgs: [],
        devices: [],
        stateFolder,
        consoleLog: undefined,
        verdictFile: path.join(folder, 'accelerator.json'),
        temporaryFolder: folder,
        host: { platform: 'linux', arch: 'x86_64' },
        notice,
      });
      if (options.learnsAfterEnd !== true) return backend;
      return {
        ...backend,
        async start(plan) {
          const started = await backend.start(plan);
          await started.ended;
          return started;
        },
      };
    };
    const kvm = { name: 'kvm', arguments: ['kvm'], chosen: true } as const;
    const changeFacts = (facts: QemuFacts): QemuFacts =>
      options.kvm === undefined ? facts : { ...facts, accelerator: kvm, confirmed: false };
    await runSession({ machine, stateFolder, backendFor, changeFacts, timeoutMs: options.timeoutMs }, use);
  });
}

describe('machine: a run in the foreground', function () {
  this.timeout(30_000);

  it('carries bytes both ways and ends when the guest powers off', async () => {
    await withSession({ says: 'login: ' }, async ({ run, input, sees, shown }) => {
      await sees(/login: /);
      input.write('\x01x\xffoff\n', 'latin1');
      assert.equal(await run.finished, 'powered-off');
      // Not a terminal: Ctrl-A is a byte as any other.
      assert.ok(shown().startsWith('login: \x01x'));
    });
  });

  it('does not lose what the guest said last', async () => {
    const says = `${'x'.repeat(200_000)}the end`;
    await withSession({ says, then: 'powers-off' }, async ({ run, shown }) => {
      await run.finished;
      assert.equal(shown().length, says.length);
    });
  });

  it('goes on when there is nothing to read from', async () => {
    await withSession({ says: 'up' }, async ({ run, input, sees }) => {
      input.end();
      await sees(/up/);
      run.interrupt();
      assert.equal(await run.finished, 'interrupted');
    });
  });

  it('tells a reboot from a power-off', async () => {
    await withSession({ then: 'resets' }, async ({ run }) => {
      assert.equal(await run.finished, 'reset');
    });
  });

  it('keeps the state while it runs', async () => {
    await withSession({ says: 'up' }, async ({ run, stateFolder, sees }) => {
      await sees(/up/);
      const running = (await readState(stateFolder))?.running;
      assert.equal(running?.backend, 'qemu');
      assert.equal(running.command.includes('-accel'), true);
      process.kill(running.process.pid, 0);
      run.terminate();
      assert.equal(await run.finished, 'terminated');
      const after = await readState(stateFolder);
      assert.equal(after?.running, undefined);
      assert.deepEqual(after?.identity, machine.identity);
      assert.throws(() => process.kill(running.process.pid, 0), { code: 'ESRCH' });
    });
  });

  for (const learnsAfterEnd of [false, true]) {
    const how = learnsAfterEnd ? ', and ends with it at once' : '';
    it(`works where the path is too long for a socket${how}`, async () => {
      await withSession(
        { says: 'up', then: 'powers-off' },
        async ({ run }) => {
          assert.equal(await run.finished, 'powered-off');
        },
        { stateFolder: longFolder, learnsAfterEnd },
      );
    });
  }

  it('asks once, and stops at the second interrupt', async () => {
    await withSession({ says: 'up', stubborn: true }, async ({ run, said, sees }) => {
      await sees(/up/);
      run.interrupt();
      assert.match(said.join(), /asking the guest to power off/);
      const before = performance.now();
      run.interrupt();
      assert.equal(await run.finished, 'interrupted');
      assert.ok(performance.now() - before < 3000);
    });
  });

  it('asks the agent to power off, and does not need the power button then', async () => {
    await withSession({ says: 'up', stubborn: true }, async ({ run, input, stateFolder, said, sees }) => {
      await sees(/up/);
      const asked: (readonly string[])[] = [];
      const agent = await serveAgent(path.join(stateFolder, 'agent0.sock'), (words, socket) => {
        // The empty line in front of a greeting.
        if (words.length === 0) return;
        asked.push(words);
        socket.destroy();
        input.write('off\n');
      });
      run.interrupt();
      assert.equal(await run.finished, 'interrupted');
      agent.close();
      assert.deepEqual(asked, [['run', '1', 'null', "$''", 'poweroff']]);
      assert.deepEqual(said, ['asking the guest to power off; interrupt again to stop it at once']);
    });
  });

  it('stops a machine whose monitor no longer answers', async () => {
    await withSession({ says: 'up', then: 'spins' }, async ({ run, sees }) => {
      await sees(/up/);
      await new Promise((resolve) => setTimeout(resolve, 200));
      run.terminate();
      assert.equal(await run.finished, 'terminated');
    });
  });

  it('fails after the timeout', async () => {
    await withSession(
      { says: 'up' },
      async ({ run }) => {
        await assert.rejects(run.finished, { code: 'timed-out', message: /1 s/ });
      },
      { timeoutMs: 1000 },
    );
  });

  const panic =
    '[    1.5] Kernel panic - not syncing: no init\r\n[    1.6] ---[ end Kernel panic - not syncing: no init ]---\r\n';

  it('fails, soon, when the kernel panics and stays there', async () => {
    await withSession({ says: panic }, async ({ run }) => {
      await assert.rejects(run.finished, { code: 'guest-panicked', message: /no init/ });
    });
  });

  it('fails when the kernel panics and reboots', async () => {
    await withSession({ says: panic.slice(0, panic.indexOf('\n') + 1), then: 'resets' }, async ({ run }) => {
      await assert.rejects(run.finished, { code: 'guest-panicked', message: /no init/ });
    });
  });

  it('fails when the guest reports a panic to QEMU', async () => {
    await withSession({ then: 'panics' }, async ({ run }) => {
      await assert.rejects(run.finished, { code: 'guest-panicked' });
    });
  });

  it('does not mind a panic in an old log', async () => {
    await withSession({ says: `${panic}/ # ` }, async ({ run, input, sees }) => {
      await sees(/# /);
      await new Promise((resolve) => setTimeout(resolve, 1200));
      input.write('off\n');
      assert.equal(await run.finished, 'powered-off');
    });
  });

  it('fails when the guest halted its boot', async () => {
    await withSession({ says: 'lkit: boot halted: dhcp failed\n', then: 'powers-off' }, async ({ run }) => {
      await assert.rejects(run.finished, { code: 'boot-halted', message: /dhcp failed/ });
    });
  });

  it("passes on QEMU's own words when it does not start", async () => {
    await withSession({ refuses: 'invalid accelerator' }, async ({ run }) => {
      await assert.rejects(run.finished, {
        code: 'did-not-start',
        message: /QEMU did not start: invalid accelerator$/,
      });
    });
  });

  it("passes on QEMU's own words when it fails later, and its signal when it is killed", async () => {
    await withSession({ says: 'up', then: 'fails' }, async ({ run }) => {
      await assert.rejects(run.finished, { code: 'died', message: /exit code 1\): it broke/ });
    });
    await withSession({ says: 'up' }, async ({ run, stateFolder, sees }) => {
      await sees(/up/);
      const { running } = (await readState(stateFolder)) ?? {};
      assert.ok(running);
      process.kill(running.process.pid, 'SIGKILL');
      await assert.rejects(run.finished, { code: 'died', message: /SIGKILL/ });
    });
  });
});

describe('machine: a run under an accelerator that was only probed', function () {
  this.timeout(60_000);
  const fine: FakeBehaviour = { says: 'booted', then: 'powers-off' };

  for (const [what, kvm, reason] of [
    ['crashes without a word', { then: 'crashes' }, /QEMU crashed \(SIGABRT\)/],
    ['does not start', { refuses: 'no KVM for you' }, /no KVM for you/],
    ['is given up by KVM', { then: 'breaks' }, /internal error/],
  ] as const) {
    it(`starts again with emulation when it ${what}, once and for all`, async () => {
      await withSession(
        fine,
        async ({ run, shown, said, stateFolder }) => {
          assert.equal(await run.finished, 'powered-off');
          assert.equal(shown(), 'booted');
          assert.equal(said.length, 1);
          assert.match(said[0]!, /^KVM does not work on this machine \(.*\): emulating \(slower\)$/);
          assert.match(said[0]!, reason);
          const verdicts = await readFile(path.join(stateFolder, '..', 'accelerator.json'), 'utf8');
          assert.match(verdicts, /"works": false/);
        },
        { kvm },
      );
    });
  }

  it('starts again when the guest computes without a word', async () => {
    await withSession(
      fine,
      async ({ run, said }) => {
        assert.equal(await run.finished, 'powered-off');
        assert.match(said.join(), /guest hung/);
      },
      { kvm: { then: 'spins' } },
    );
  });

  it('does not start again once the guest has spoken', async () => {
    await withSession(
      fine,
      async ({ run, said }) => {
        await assert.rejects(run.finished, { code: 'died' });
        assert.deepEqual(said, []);
      },
      { kvm: { says: 'up', then: 'crashes' } },
    );
  });

  it('remembers that a machine booted', async () => {
    await withSession(
      fine,
      async ({ run, stateFolder }) => {
        await run.finished;
        const verdicts = await readFile(path.join(stateFolder, '..', 'accelerator.json'), 'utf8');
        assert.match(verdicts, /"confirmed": true/);
      },
      { kvm: fine },
    );
  });
});

describe('machine: a real QEMU', function () {
  this.timeout(60_000);

  /** Prints on the serial line, then resets the machine. */
  function talkingRom(text: string): Buffer {
    const put = [...Buffer.from(text)].flatMap((byte) => [0xb0, byte, 0xee]);
    const rom = Buffer.alloc(0x10000, 0xf4);
    Buffer.from([0xba, 0xf8, 0x03, ...put, 0xba, 0xf9, 0x0c, 0xb0, 0x06, 0xee]).copy(rom);
    Buffer.from([0xea, 0x00, 0x00, 0x00, 0xf0]).copy(rom, 0xfff0);
    return rom;
  }

  async function runReal(
    boot: MachineSpec['boot'],
    folder: string,
  ): Promise<{ run: ForegroundRun; output: PassThrough }> {
    const stateFolder = path.join(folder, 'state');
    const real: MachineSpec = { ...machine, boot };
    const backend = qemuBackend({
      accelerator: emulated,
      program: undefined,
      extraArgs: [],
      devices: [],
      stateFolder,
      consoleLog: undefined,
      verdictFile: path.join(folder, 'v'),
      temporaryFolder: folder,
      host: { platform: process.platform, arch: 'x86_64' },
      notice: () => undefined,
    });
    const output = new PassThrough();
    const prepared: PreparedMachine = { machine: real, stateFolder };
    const run = await runPrepared(prepared, {
      backend,
      facts: await backend.inspect(real),
      terminal: { input: new PassThrough(), output },
      timeoutMs: 50_000,
      say: () => undefined,
      now: () => new Date(),
    });
    return { run, output };
  }

  it('gives every byte of the console, from the first one on', async () => {
    await withTempDir(async (folder) => {
      const [firmware, file] = [path.join(folder, 'rom'), path.join(folder, 'disk')];
      await writeFile(firmware, talkingRom('first byte\r\n'));
      await writeFile(file, Buffer.alloc(1 << 20));
      const { run, output } = await runReal({ kind: 'disk', file, format: 'raw', firmware }, folder);
      assert.equal(await run.finished, 'reset');
      assert.equal(String(output.read()), 'first byte\r\n');
      assert.equal(await readFile(path.join(folder, 'state', 'console.log'), 'utf8'), 'first byte\r\n');
      assert.deepEqual((await readdir(path.join(folder, 'state'))).sort(), ['console.log', 'machine.json', 'qemu.log']);
    });
  });

  it('says what QEMU says when it cannot load the kernel', async () => {
    await withTempDir(async (folder) => {
      const file = path.join(folder, 'kernel');
      await writeFile(file, Buffer.alloc(100_000));
      const { run } = await runReal({ kind: 'kernel', kernel: file, initrd: file, cmdline: '' }, folder);
      await assert.rejects(run.finished, { code: 'did-not-start', message: /^QEMU did not start: \S/ });
    });
  });
});
