import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import type { Server } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectGuest, type GuestControl, identifyProcess } from '../../../pkg/machine/index.ts';
import { withTempDir } from '../../support/lkit.ts';
import { type FakeAgent, serveAgent } from './fake-agent.ts';

/** Runs what it is told: `exit CODE`, `print BYTES`, `die`, `rubbish`, or nothing at all. */
const agent: FakeAgent = ([verb, id = '', kind, , program, argument], socket) => {
  if (verb === 'eof') socket.write(`exit ${id} 0 .\n`);
  if (verb === 'in') socket.write(`ack ${id} .\n`);
  if (verb !== 'run' || kind !== 'null') return;
  if (program === 'exit') socket.write(`exit ${id} ${argument ?? ''} .\n`);
  if (program === 'die') socket.destroy();
  if (program === 'rubbish') socket.write('\x1b[2J nonsense\n');
  if (program === 'refuse') socket.write(`refused ${id} no-service .\n`);
  if (program !== 'print') return;
  const bytes = Buffer.alloc(Number(argument), 'x');
  for (let start = 0; start < bytes.length; start += 65536) {
    const piece = bytes.subarray(start, start + 65536);
    socket.write(`out ${id} ${piece.length} .\n`);
    socket.write(piece);
  }
  socket.write(`exit ${id} 0 .\n`);
};

async function withGuest(
  use: (guest: GuestControl, sockets: readonly string[]) => Promise<void>,
  options: { readonly silent?: number; readonly count?: number } = {},
): Promise<void> {
  await withTempDir(async (folder) => {
    const sockets = Array.from({ length: options.count ?? 1 }, (_, index) => path.join(folder, `agent${index}.sock`));
    const servers: Server[] = [];
    for (const socket of sockets) servers.push(await serveAgent(socket, agent, options));
    const guest = await connectGuest(sockets, { timeoutMs: 10_000 });
    try {
      await use(guest, sockets);
    } finally {
      await guest.close();
      for (const server of servers) server.close();
    }
  });
}

describe('machine: the control channel', function () {
  this.timeout(20_000);

  it('gives exit codes in the order of the calls, whatever was left by another client', async () => {
    await withGuest(async (guest) => {
      const results = await Promise.all([3, 0, 255].map((code) => guest.run({ command: ['exit', String(code)] })));
      assert.deepEqual(
        results.map(({ exitCode }) => exitCode),
        [3, 0, 255],
      );
    });
  });

  it('goes on after a command that is refused, late, cancelled or too talkative', async () => {
    await withGuest(async (guest) => {
      await assert.rejects(guest.run({ command: ['refuse'], service: 'web' }), { code: 'no-service', kind: 'input' });
      await assert.rejects(guest.run({ command: ['hang'], timeoutMs: 50 }), {
        code: 'guest-timed-out',
        message: 'hang had not ended after 0.05 s and was killed',
      });
      const signal = AbortSignal.timeout(50);
      await assert.rejects(guest.run({ command: ['hang'], signal }), { name: 'TimeoutError' });
      await assert.rejects(guest.run({ command: ['print', String(65 << 20)] }), { code: 'too-much-output' });
      const { stdout } = await guest.run({ command: ['print', '100000'] });
      assert.equal(stdout.length, 100_000);
    });
  });

  it('passes input on, and what its source throws', async () => {
    await withGuest(async (guest) => {
      const input = async function* (fails: boolean): AsyncGenerator<Buffer> {
        yield await Promise.resolve(Buffer.alloc(1_000_000));
        if (fails) throw new Error('cannot read');
      };
      assert.equal((await guest.run({ command: ['cat'], stdin: input(false) })).exitCode, 0);
      await assert.rejects(guest.run({ command: ['cat'], stdin: input(true) }), /cannot read/);
      assert.equal((await guest.run({ command: ['exit', '0'] })).exitCode, 0);
    });
  });

  it('waits with the next piece of output until the one before is taken, and not for ever', async () => {
    await withGuest(async (guest) => {
      let taken = 0;
      const onStdout = async (piece: Buffer): Promise<void> => {
        taken += piece.length;
        await sleep(1000);
      };
      await assert.rejects(guest.run({ command: ['print', '10000000'], onStdout, timeoutMs: 300 }), {
        code: 'guest-timed-out',
      });
      assert.ok(taken <= 65536, `${taken} bytes were pressed on it`);
      assert.equal((await guest.run({ command: ['exit', '1'] })).exitCode, 1);
    });
  });

  for (const program of ['die', 'rubbish']) {
    it(`is lost when the guest's end says ${program}, and stays so`, async () => {
      await withGuest(async (guest) => {
        await assert.rejects(guest.run({ command: [program] }), { code: 'guest-lost' });
        await assert.rejects(guest.run({ command: ['exit', '0'] }), { code: 'guest-lost' });
      });
    });
  }

  it('is connected anew when the first greeting is lost', async () => {
    await withGuest(
      async (guest) => {
        assert.equal((await guest.run({ command: ['exit', '4'] })).exitCode, 4);
      },
      { silent: 1 },
    );
  });

  it('is shared: each client has a socket, the next one waits until one is free', async () => {
    await withGuest(
      async (first, sockets) => {
        const second = await connectGuest(sockets, { timeoutMs: 5000 });
        await assert.rejects(connectGuest(sockets, { timeoutMs: 200 }), { code: 'guest-busy', message: /all 2/ });
        const third = connectGuest(sockets, { timeoutMs: 5000 });
        await second.close();
        assert.equal((await (await third).run({ command: ['exit', '3'] })).exitCode, 3);
        await (await third).close();
        assert.equal((await first.run({ command: ['exit', '1'] })).exitCode, 1);
      },
      { count: 2 },
    );
  });

  it('is not kept by a client that died, nor taken from one that lives', async () => {
    await withTempDir(async (folder) => {
      const socket = path.join(folder, 'agent0.sock');
      const server = await serveAgent(socket, agent);
      const self = await identifyProcess(process.pid);
      for (const [holder, isFree] of [
        [{ pid: process.pid, startedAt: 'before' }, true],
        [{ pid: 2 ** 22 + 1, startedAt: 'x' }, true],
        [self, false],
      ] as const) {
        await writeFile(`${socket}.lock`, JSON.stringify(holder));
        const connected = connectGuest([socket], { timeoutMs: 300 });
        if (isFree) await (await connected).close();
        else await assert.rejects(connected, { code: 'guest-busy' });
      }
      server.close();
    });
  });

  it('says what may be missing when nobody answers, and stops waiting when told', async () => {
    await withTempDir(async (folder) => {
      const sockets = [path.join(folder, 'agent0.sock')];
      await assert.rejects(connectGuest(sockets, { timeoutMs: 200 }), { code: 'guest-silent', hint: /virtio_console/ });
      const signal = AbortSignal.timeout(100);
      await assert.rejects(connectGuest(sockets, { timeoutMs: 60_000, signal }), { name: 'TimeoutError' });
    });
  });
});
