import type { RunningMachine } from './backend.ts';
import { type ConsoleSign, ConsoleWatch } from './console/index.ts';

export interface VitalsHandlers {
  /** Once: the guest lives. */
  readonly onHeard: () => void;
  /** Its kernel has given up and will not end by itself. */
  readonly onPanicked: () => void;
  /** It computes, and never said a word. */
  readonly onSilent: () => void;
}

/** A panicking kernel is given this long to prove that it was a line of an old log. */
const panicQuietMs = 1_000;
/** A guest that merely has nothing to say leaves its processor idle; a busy host gives a hung one less than all of it. */
const busyShare = 0.25;
const silenceCheckMs = 1_000;

/** What the guests of a run let be known about themselves. */
export class Vitals {
  heard = false;
  /** The last words of a kernel that gave up. */
  panic: string | undefined;
  /** Why the guest stopped its boot. */
  halted: string | undefined;
  private readonly handlers: VitalsHandlers;
  private readonly watch = new ConsoleWatch();
  private panicTimer: NodeJS.Timeout | undefined;
  private silenceTimer: NodeJS.Timeout | undefined;

  constructor(handlers: VitalsHandlers) {
    this.handlers = handlers;
  }

  /** Takes a piece of the console's output. */
  read(chunk: Buffer): void {
    for (const sign of this.watch.read(chunk)) this.consider(sign);
  }

  /** The guest was heard of, on its console or otherwise. */
  hear(): void {
    if (this.heard) return;
    this.heard = true;
    this.handlers.onHeard();
  }

  /** Looks from now on whether the machine computes without a word, for `limitMs` of processor time. */
  watchSilence(machine: RunningMachine, limitMs: number): void {
    let elapsedMs = 0;
    this.silenceTimer = setInterval(() => {
      elapsedMs += silenceCheckMs;
      void machine.processorMs().then((usedMs) => {
        if (this.heard || usedMs === undefined) return;
        if (usedMs >= limitMs && usedMs >= elapsedMs * busyShare) this.handlers.onSilent();
      });
    }, silenceCheckMs);
  }

  /** The machine has ended. */
  rest(): void {
    clearInterval(this.silenceTimer);
    clearTimeout(this.panicTimer);
  }

  private consider(sign: ConsoleSign): void {
    switch (sign.kind) {
      case 'first-byte':
        this.hear();
        break;
      case 'halted':
        this.halted = sign.line;
        break;
      case 'life':
        this.panic = undefined;
        clearTimeout(this.panicTimer);
        break;
      case 'panic':
        this.panic = sign.line;
        clearTimeout(this.panicTimer);
        if (sign.final) this.panicTimer = setTimeout(this.handlers.onPanicked, panicQuietMs);
    }
  }
}
