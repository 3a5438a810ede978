import { Duplex } from 'node:stream';
import { openTerminal, type Terminal } from './console/index.ts';
import { MachineError } from './error.ts';
import { followFile } from './follow.ts';
import { tryLock } from './lock.ts';
import { connectWhenReady, lockOf } from './sockets.ts';
import type { RunningState } from './state.ts';

export interface AttachOptions {
  readonly terminal: Terminal;
  /** Ends the attachment; the machine runs on. */
  readonly signal: AbortSignal;
  /** Told what the user asked to know, in one line. */
  readonly say: (text: string) => void;
}

const connectMs = 2_000;
/** Of a console that has said more, the end is shown. */
const historyBytes = 1024 * 1024;

const help = 'Ctrl-A D leaves, and the machine runs on; Ctrl-A A sends Ctrl-A; to stop the machine: lkit stop';

/**
 * Shows the console of a running machine: what it has said so far, and then what it says, until the user leaves or the
 * machine ends. What is typed goes to the machine.
 *
 * @throws {MachineError} `console-busy`
 */
export async function attachConsole(running: RunningState, options: AttachOptions): Promise<'left' | 'ended'> {
  const { terminal, signal, say } = options;
  const release = await tryLock(lockOf(running.sockets.console));
  if (release === undefined) throw busy();
  const [leaving, closed] = [new AbortController(), new AbortController()];
  const leave = (): void => {
    leaving.abort();
  };
  signal.addEventListener('abort', leave);
  try {
    const socket = await connectWhenReady(running.sockets.console, AbortSignal.timeout(connectMs), connectMs);
    if (socket === undefined) throw busy();
    socket.once('close', () => {
      closed.abort();
    });
    // The log has each byte once, those from before included; where the socket's begin cannot be told.
    socket.resume();
    const ended = AbortSignal.any([leaving.signal, closed.signal]);
    const bytes = followFile(running.consoleLog, { ended, lastBytes: historyBytes });
    const bridge = openTerminal(terminal, {
      onAction: (action) => {
        if (action === 'detach') leave();
        else say(help);
      },
      onOutput: () => undefined,
      onOutputClosed: leave,
    });
    try {
      const console = Duplex.from({ readable: bytes, writable: socket });
      console.once('end', () => console.destroy());
      bridge.attach(console);
      await bridge.drained();
    } finally {
      socket.destroy();
      await bridge.close();
    }
    return leaving.signal.aborted ? 'left' : 'ended';
  } finally {
    signal.removeEventListener('abort', leave);
    await release();
  }
}

function busy(): MachineError {
  return new MachineError('console-busy', 'its console is in use: by `lkit run` or another `lkit console`', {
    hint: 'Read along with `lkit logs -f`, or run commands with `lkit exec`.',
  });
}
