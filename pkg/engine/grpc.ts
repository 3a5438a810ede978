import type http2 from 'node:http2';

/** `google.golang.org/grpc/codes`. */
const status = { ok: '0', unimplemented: '12' } as const;

const prefixBytes = 5;

/** One call of gRPC over HTTP/2, on the side that answers it. */
export class Call {
  readonly #stream: http2.ServerHttp2Stream;

  constructor(stream: http2.ServerHttp2Stream) {
    this.#stream = stream;
    // Who calls hangs up as it likes.
    stream.on('error', () => undefined);
  }

  /** Answers that there is no such call. */
  refuse(): void {
    this.#stream.resume();
    const headers = { 'content-type': 'application/grpc', 'grpc-status': status.unimplemented };
    this.#stream.respond(headers, { endStream: true });
  }

  /** Begins an answer of messages. */
  begin(): void {
    this.#stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
    this.#stream.on('wantTrailers', () => {
      this.#stream.sendTrailers({ 'grpc-status': status.ok });
    });
  }

  /** The messages of the other side (gRPC over HTTP/2, "Length-Prefixed-Message"). */
  async *messages(): AsyncGenerator<Buffer, void, undefined> {
    let pending = Buffer.alloc(0);
    // Whoever has read enough may still have something to send.
    const chunks = this.#stream.iterator({ destroyOnReturn: false });
    for await (const chunk of chunks as AsyncIterable<Buffer>) {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= prefixBytes && pending.length >= prefixBytes + pending.readUInt32BE(1)) {
        const end = prefixBytes + pending.readUInt32BE(1);
        yield pending.subarray(prefixBytes, end);
        pending = pending.subarray(end);
      }
    }
  }

  /** Sends a message: not compressed, the length, its bytes. Waits until the connection has taken it. */
  send(message: Buffer): Promise<void> {
    const prefix = Buffer.alloc(prefixBytes);
    prefix.writeUInt32BE(message.length, 1);
    return new Promise((resolve, reject) => {
      this.#stream.write(Buffer.concat([prefix, message]), (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** Ends the answer. */
  end(): void {
    this.#stream.resume();
    this.#stream.end();
  }

  /** Breaks the call off: `messages` ends with the error. */
  fail(error: Error): void {
    this.#stream.destroy(error);
  }
}
