import assert from 'node:assert/strict';
import { connect, createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { QmpClient, type QmpEvent } from '../../../pkg/machine/qemu/index.ts';
import { withTempDir } from '../../support/lkit.ts';

const greeting = '{"QMP": {"version": {"qemu": {"major": 7}}, "capabilities": []}}\r\n';

interface Command {
  readonly execute: string;
  readonly id: number;
}

/** A monitor that answers with what `answer` writes. */
async function withMonitor(
  answer: (command: Command, socket: Socket) => void,
  use: (socket: Socket) => Promise<void>,
  hello = greeting,
): Promise<void> {
  await withTempDir(async (folder) => {
    const file = path.join(folder, 'qmp');
    const server: Server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write(hello);
      let text = '';
      socket.on('data', (chunk) => {
        const lines = (text + chunk.toString()).split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) answer(JSON.parse(line) as Command, socket);
      });
    });
    await new Promise<void>((resolve) => server.listen(file, resolve));
    const socket = connect(file);
    try {
      await use(socket);
    } finally {
      socket.destroy();
      server.close();
    }
  });
}

const reply = (socket: Socket, id: number, value: unknown): void => {
  socket.write(`${JSON.stringify({ return: value, id })}\r\n`);
};

describe('machine: QMP', () => {
  it('negotiates, matches answers that come out of order, and reports events in between', async () => {
    const events: QmpEvent[] = [];
    const held: number[] = [];
    await withMonitor(
      ({ execute, id }, socket) => {
        if (execute === 'qmp_capabilities') reply(socket, id, {});
        else if (held.push(id) === 2) {
          socket.write('{"event": "STOP", "timestamp": {}}\r\n{"event": "SHUT');
          socket.write('DOWN", "data": {"reason": "guest-reset"}}\r\n');
          for (const each of held.reverse()) reply(socket, each, `to ${each}`);
        }
      },
      async (socket) => {
        const client = await QmpClient.open(socket, (event) => events.push(event));
        const [first, second] = await Promise.all([client.execute('a'), client.execute('b', { x: 1 })]);
        assert.deepEqual([first, second], ['to 2', 'to 3']);
        assert.deepEqual(
          events.map(({ event }) => event),
          ['STOP', 'SHUTDOWN'],
        );
        assert.equal(events[1]?.data?.['reason'], 'guest-reset');
      },
    );
  });

  it("passes QEMU's refusal on", async () => {
    await withMonitor(
      ({ execute, id }, socket) => {
        if (execute === 'qmp_capabilities') reply(socket, id, {});
        else socket.write(`${JSON.stringify({ id, error: { class: 'CommandNotFound', desc: 'no such' } })}\n`);
      },
      async (socket) => {
        const client = await QmpClient.open(socket, () => undefined);
        await assert.rejects(client.execute('dance'), { code: 'monitor-failed', message: /refused dance: no such/ });
      },
    );
  });

  it('fails what is unanswered, and all that follows, when QEMU is gone', async () => {
    await withMonitor(
      ({ execute, id }, socket) => {
        if (execute === 'qmp_capabilities') reply(socket, id, {});
        else socket.destroy();
      },
      async (socket) => {
        const client = await QmpClient.open(socket, () => undefined);
        await assert.rejects(client.execute('quit'), { code: 'monitor-failed' });
        await assert.rejects(client.execute('quit'), { code: 'monitor-failed' });
      },
    );
  });

  for (const [what, hello] of [
    ['something else listens', 'HTTP/1.1 400 Bad Request\r\n'],
    ['a line has no end', `"${'x'.repeat(2 * 1024 * 1024)}`],
  ] as const) {
    it(`fails when ${what}`, async () => {
      await withMonitor(
        () => undefined,
        async (socket) => {
          await assert.rejects(
            QmpClient.open(socket, () => undefined),
            { code: 'monitor-failed', message: /not QMP/ },
          );
        },
        hello,
      );
    });
  }
});
