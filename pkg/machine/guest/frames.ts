import { MachineError } from '../error.ts';

/** What the guest's agent says; see `images/init/rootfs/usr/lib/lkit/agent`. */
export type GuestFrame =
  /** A piece of what the command prints. */
  | { readonly kind: 'out' | 'err'; readonly run: number; readonly bytes: Buffer }
  /** The last piece of input has been taken. */
  | { readonly kind: 'ack'; readonly run: number }
  | { readonly kind: 'exit'; readonly run: number; readonly exitCode: number }
  | { readonly kind: 'refused'; readonly run: number; readonly reason: Refusal }
  /** It has answered the greeting that was expected. */
  | { readonly kind: 'hello' };

export type Refusal = 'no-service' | 'not-running';

/** One line for the agent: words in the shell's quoting, and the dot that tells a whole line from one cut off. */
export function guestLine(...words: readonly (string | number)[]): string {
  return `${words.map((word) => quote(String(word))).join(' ')} .\n`;
}

/** Every byte that means something to a shell, or to a line, in octal. */
function quote(word: string): string {
  if (/^[\w/:=@%+,-]+$/.test(word)) return word;
  const escaped = [...Buffer.from(word, 'utf8')].map((byte) =>
    /[\w/:=@%+,-]/.test(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `\\${byte.toString(8).padStart(3, '0')}`,
  );
  return `$'${escaped.join('')}'`;
}

const longestLine = 1024;

/**
 * Takes apart what comes from the agent, in pieces of any size. Everything is skipped until the answer to a greeting:
 * it may be the rest of what another client was told.
 */
export class GuestReader {
  private buffered: Buffer = Buffer.alloc(0);
  private greeting: Buffer | undefined;
  private payload: { readonly kind: 'out' | 'err'; readonly run: number; left: number } | undefined;

  /** Skips all up to the answer to `hello NONCE`. */
  expectHello(nonce: string): void {
    this.greeting = Buffer.from(`\nhello ${nonce} 1 .\n`, 'latin1');
    this.payload = undefined;
  }

  /** @throws {MachineError} `guest-lost` when it is not what an agent says */
  read(chunk: Buffer): readonly GuestFrame[] {
    this.buffered = this.buffered.length === 0 ? chunk : Buffer.concat([this.buffered, chunk]);
    const frames: GuestFrame[] = [];
    for (let frame = this.next(); frame !== undefined; frame = this.next()) if (frame !== 'nothing') frames.push(frame);
    return frames;
  }

  private next(): GuestFrame | 'nothing' | undefined {
    if (this.greeting !== undefined) return this.skipTo(this.greeting);
    if (this.payload !== undefined) return this.readPayload(this.payload);
    const end = this.buffered.indexOf(0x0a);
    if (end < 0 && this.buffered.length > longestLine) throw notUnderstood(this.buffered.toString('latin1', 0, 80));
    if (end < 0) return undefined;
    const line = this.buffered.toString('latin1', 0, end);
    this.buffered = this.buffered.subarray(end + 1);
    return this.parse(line);
  }

  private skipTo(greeting: Buffer): GuestFrame | undefined {
    const start = this.buffered.indexOf(greeting);
    if (start < 0) {
      // Its beginning may be there already.
      this.buffered = this.buffered.subarray(Math.max(0, this.buffered.length - greeting.length + 1));
      return undefined;
    }
    this.buffered = this.buffered.subarray(start + greeting.length);
    this.greeting = undefined;
    return { kind: 'hello' };
  }

  private readPayload(payload: NonNullable<typeof this.payload>): GuestFrame | undefined {
    if (this.buffered.length === 0) return undefined;
    const bytes = this.buffered.subarray(0, payload.left);
    this.buffered = this.buffered.subarray(bytes.length);
    payload.left -= bytes.length;
    if (payload.left === 0) this.payload = undefined;
    return { kind: payload.kind, run: payload.run, bytes };
  }

  private parse(line: string): GuestFrame | 'nothing' {
    const [kind, first = '', second = '', ...rest] = line.split(' ');
    const run = Number(first);
    const argument = /^\d{1,9}$/.test(second) ? Number(second) : undefined;
    const complete = rest.length === 1 && rest[0] === '.';
    if (kind === 'ack' && second === '.' && rest.length === 0) return { kind, run };
    if (complete && (kind === 'out' || kind === 'err') && argument !== undefined && argument > 0) {
      this.payload = { kind, run, left: argument };
      return 'nothing';
    }
    if (complete && kind === 'exit' && argument !== undefined) return { kind, run, exitCode: argument };
    if (complete && kind === 'refused' && (second === 'no-service' || second === 'not-running')) {
      return { kind, run, reason: second };
    }
    // A second answer to a greeting that was repeated, with its empty line.
    if (line === '' || kind === 'hello') return 'nothing';
    throw notUnderstood(line);
  }
}

function notUnderstood(line: string): MachineError {
  const said = JSON.stringify(line.slice(0, 80));
  return new MachineError('guest-lost', `the connection to the guest was given up: its agent sent ${said}`);
}
