import type { Duplex } from 'node:stream';
import { MachineError } from '../error.ts';

/** Message types: the T-message's; its R-message is one more. intro(5), http://man.cat-v.org/plan_9/5/intro */
const types = {
  version: 100,
  attach: 104,
  error: 106,
  walk: 110,
  open: 112,
  create: 114,
  read: 116,
  write: 118,
  clunk: 120,
};
type MessageName = Exclude<keyof typeof types, 'error'>;

const messageBytes = 8192;
/** NOTAG and NOFID */
const noTag = 0xffff;
const noFid = 0xffffffff;
const directory = 0x80000000;
const readWrite = 2;

/** A client of the 9P2000 file protocol, one request at a time: as much of it as vpnkit's control folder takes. */
export class NinePClient {
  private readonly stream: Duplex;
  private buffered = Buffer.alloc(0);
  private waiting: { readonly resolve: (message: Buffer) => void; readonly reject: (error: Error) => void } | undefined;
  private closed: MachineError | undefined;

  private constructor(stream: Duplex) {
    this.stream = stream;
    stream.on('data', (chunk: Buffer) => {
      this.receive(chunk);
    });
    stream.on('error', (error) => {
      this.end(new MachineError('ports-failed', `vpnkit's port control: ${error.message}`, { cause: error }));
    });
    stream.once('close', () => {
      this.end(new MachineError('ports-failed', "vpnkit's port control was closed"));
    });
  }

  /**
   * Agrees on the protocol and attaches the root folder as `rootFid`.
   *
   * @throws {MachineError} `ports-failed`
   */
  static async open(stream: Duplex, rootFid: number): Promise<NinePClient> {
    const client = new NinePClient(stream);
    const answer = await client.request('version', [u32(messageBytes), text('9P2000')], noTag);
    const version = answer.toString('utf8', 6);
    if (version !== '9P2000') {
      throw new MachineError('ports-failed', `vpnkit's port control speaks ${version}, not 9P2000`);
    }
    await client.request('attach', [u32(rootFid), u32(noFid), text('lkit'), text('')]);
    return client;
  }

  /** Goes from a file to another, which `newFid` then stands for. */
  async walk(fid: number, newFid: number, names: readonly string[]): Promise<void> {
    const answer = await this.request('walk', [u32(fid), u32(newFid), u16(names.length), ...names.map(text)]);
    if (answer.readUInt16LE(0) !== names.length) {
      throw new MachineError('ports-failed', `vpnkit's port control has no ${names.join('/')}`);
    }
  }

  /** Makes a folder in the folder `fid`, which then stands for the new one. */
  async makeFolder(fid: number, name: string): Promise<void> {
    await this.request('create', [u32(fid), text(name), u32((directory | 0o777) >>> 0), Buffer.from([0])]);
  }

  async open(fid: number): Promise<void> {
    await this.request('open', [u32(fid), Buffer.from([readWrite])]);
  }

  async write(fid: number, content: string): Promise<void> {
    const bytes = Buffer.from(content);
    await this.request('write', [u32(fid), u64(0), u32(bytes.length), bytes]);
  }

  /** What the file begins with. */
  async read(fid: number): Promise<string> {
    const answer = await this.request('read', [u32(fid), u64(0), u32(messageBytes / 2)]);
    return answer.toString('utf8', 4, 4 + answer.readUInt32LE(0));
  }

  /** Gives the file up. */
  async clunk(fid: number): Promise<void> {
    await this.request('clunk', [u32(fid)]);
  }

  close(): void {
    this.stream.destroy();
  }

  private async request(name: MessageName, fields: readonly Buffer[], tag = 1): Promise<Buffer> {
    if (this.closed !== undefined) throw this.closed;
    const body = Buffer.concat([Buffer.from([types[name]]), u16(tag), ...fields]);
    const answered = new Promise<Buffer>((resolve, reject) => (this.waiting = { resolve, reject }));
    this.stream.write(Buffer.concat([u32(body.length + 4), body]));
    const answer = await answered;
    const type = answer.readUInt8(4);
    const content = answer.subarray(7);
    if (type === types[name] + 1) return content;
    const said = type === types.error + 1 ? content.toString('utf8', 2) : `message type ${type}`;
    throw new MachineError('ports-failed', `vpnkit's port control refused ${name}: ${said}`);
  }

  private receive(chunk: Buffer): void {
    this.buffered = Buffer.concat([this.buffered, chunk]);
    if (this.buffered.length < 4) return;
    const size = this.buffered.readUInt32LE(0);
    if (size < 7 || size > messageBytes) {
      this.end(new MachineError('ports-failed', `vpnkit's port control sent a message of ${size} bytes: not 9P`));
      this.stream.destroy();
      return;
    }
    if (this.buffered.length < size) return;
    const message = this.buffered.subarray(0, size);
    this.buffered = this.buffered.subarray(size);
    this.waiting?.resolve(message);
    this.waiting = undefined;
  }

  private end(reason: MachineError): void {
    this.closed ??= reason;
    this.waiting?.reject(this.closed);
    this.waiting = undefined;
  }
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u16(bytes.length), bytes]);
}
