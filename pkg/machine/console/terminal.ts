import type { Duplex, Readable, Writable } from 'node:stream';
import { guardTerminal } from '../guard.ts';
import { type ConsoleAction, type EscapeState, readKeys } from './escape.ts';

/** Where a machine's console is shown: `process.stdin` and `process.stdout`, as a rule. */
export interface Terminal {
  readonly input: Readable & {
    readonly isTTY?: boolean;
    readonly fd?: number;
    setRawMode?(raw: boolean): unknown;
    unref?(): unknown;
  };
  readonly output: Writable & { readonly isTTY?: boolean };
}

export interface TerminalHandlers {
  /** Keys for lkit. Only a terminal has them: what comes through a pipe is all for the guest. */
  readonly onAction: (action: ConsoleAction) => void;
  readonly onOutput: (chunk: Buffer) => void;
  /** Nobody reads the output any more. */
  readonly onOutputClosed: () => void;
}

/** A connection between a terminal and consoles, one after the other. */
export interface ConsoleBridge {
  attach(console: Duplex): void;
  /** Whether the terminal's cursor stands behind something of the guest's. */
  midLine(): boolean;
  /** Waits until all that the console said is written; the machine must have ended. */
  drained(): Promise<void>;
  /** Puts the terminal back. */
  close(): Promise<void>;
}

/** Attributes off, cursor shown: a guest may have been killed inside an editor. */
const resetSequence = '\x1b[0m\x1b[?25h';

/** Takes the terminal: raw mode when the input is one, so that every key, Ctrl-C too, is the guest's. */
export function openTerminal({ input, output }: Terminal, handlers: TerminalHandlers): ConsoleBridge {
  let console: Duplex | undefined;
  let ended: Promise<void> = Promise.resolve();
  let keys: EscapeState = 'plain';
  let lastByte = 0x0a;
  const raw = input.isTTY === true && typeof input.setRawMode === 'function';
  const guard = raw ? guardTerminal(input.fd ?? 0) : undefined;

  const onInput = (typed: Buffer): void => {
    let forward: Uint8Array = typed;
    if (raw) {
      const step = readKeys(keys, typed);
      keys = step.state;
      forward = step.forward;
      for (const action of step.actions) handlers.onAction(action);
    }
    if (forward.length === 0 || console === undefined || !console.writable) return;
    if (!console.write(forward)) {
      input.pause();
      console.once('drain', () => input.resume());
    }
  };
  /** What is handed over to the operating system is out of a process's hands. */
  const written = (): Promise<void> =>
    new Promise((resolve) => {
      if (!output.writable) resolve();
      else
        output.write('', () => {
          resolve();
        });
    });
  const onContinue = (): void => {
    // A shell gives a stopped job's terminal back in the shell's own mode.
    input.setRawMode?.(true);
  };

  if (raw) {
    input.setRawMode?.(true);
    process.on('SIGCONT', onContinue);
  }
  output.on('error', handlers.onOutputClosed);

  return {
    attach(next) {
      console = next;
      // A machine that ends at once may have closed its console already.
      ended = next.closed ? Promise.resolve() : new Promise((resolve) => next.once('close', resolve));
      next.on('data', (chunk: Buffer) => {
        handlers.onOutput(chunk);
        lastByte = chunk.at(-1) ?? lastByte;
        if (!output.writable || output.write(chunk)) return;
        next.pause();
        output.once('drain', () => next.resume());
      });
      // Its end is told by the machine's.
      next.on('error', () => undefined);
      input.off('data', onInput).on('data', onInput);
    },
    midLine: () => output.isTTY === true && lastByte !== 0x0a,
    async drained() {
      await ended;
      await written();
    },
    async close() {
      input.off('data', onInput);
      input.pause();
      input.unref?.();
      if (raw) {
        process.off('SIGCONT', onContinue);
        input.setRawMode?.(false);
        guard?.release();
      }
      if (output.isTTY === true) output.write(`${resetSequence}${lastByte === 0x0a ? '' : '\r\n'}`);
      await written();
      output.off('error', handlers.onOutputClosed);
    },
  };
}
