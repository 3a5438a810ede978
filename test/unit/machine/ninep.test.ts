import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { NinePClient } from '../../../pkg/machine/hyperkit/ninep.ts';

/** A server that gives the same answers whatever it is asked. */
function serverOf(...answers: readonly Buffer[]): Duplex {
  const left = [...answers];
  return new Duplex({
    read: () => undefined,
    write(_chunk, _encoding, done) {
      const answer = left.shift();
      if (answer === undefined) this.destroy();
      // In pieces: a message may come in any.
      else for (const byte of answer) this.push(Buffer.from([byte]));
      done();
    },
  });
}

function message(type: number, ...fields: readonly (number | string)[]): Buffer {
  const body = fields.map((field) =>
    typeof field === 'number' ? Buffer.from([field]) : Buffer.from(`${String.fromCharCode(field.length)}\0${field}`),
  );
  const content = Buffer.concat([Buffer.from([type, 1, 0]), ...body]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(content.length + 4);
  return Buffer.concat([size, content]);
}

const version = message(101, 0, 0x20, 0, 0, '9P2000');

describe('machine: 9P', () => {
  it('takes an answer in pieces', async () => {
    const client = await NinePClient.open(serverOf(version, message(105), message(113)), 0);
    await client.open(1);
  });

  for (const [what, answers, reason] of [
    ['another protocol', [message(101, 0, 0x20, 0, 0, 'unknown')], /speaks unknown, not 9P2000/],
    ['a refusal', [version, message(107, 'permission denied')], /refused attach: permission denied/],
    ['the wrong answer', [version, message(117)], /refused attach: message type 117/],
    ['HTTP', [Buffer.from('HTTP/1.1 400 Bad Request\r\n')], /not 9P/],
    ['a message without a type', [Buffer.from([4, 0, 0, 0])], /4 bytes: not 9P/],
    ['the end', [version], /was closed/],
  ] as const) {
    it(`fails at ${what}`, async () => {
      await assert.rejects(NinePClient.open(serverOf(...answers), 0), { code: 'ports-failed', message: reason });
    });
  }
});
