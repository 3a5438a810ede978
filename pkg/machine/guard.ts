import { type ChildProcess, spawn, spawnSync } from 'node:child_process';

/** Clears up when lkit is killed in a way that lets it do nothing itself. */
export interface Guard {
  /** All went well: there is nothing left to guard. */
  release(): void;
}

const nothing: Guard = { release: () => undefined };

/** Ends the process `pid` when this one dies, so that `kill -9` of lkit leaves no machine that nobody sees. */
export function guardProcess(pid: number): Guard {
  return guard('kill -9 "$1"', String(pid), 'ignore');
}

/** Puts a terminal back into the state that it has now when this process dies. */
export function guardTerminal(descriptor: number): Guard {
  const { stdout, status } = spawnSync('stty', ['-g'], { stdio: [descriptor, 'pipe', 'ignore'], encoding: 'latin1' });
  return status === 0 ? guard('stty "$1" <&3', stdout.trim(), descriptor) : nothing;
}

/**
 * A shell waits on a pipe of which this process holds the other end: a line on it means that all is over, its end alone
 * that this process is dead.
 */
function guard(action: string, argument: string, descriptor: number | 'ignore'): Guard {
  const script = `trap '' INT HUP TERM; read -r over || ${action}`;
  const child: ChildProcess = spawn('/bin/sh', ['-c', script, 'lkit-guard', argument], {
    stdio: ['pipe', 'ignore', 'ignore', descriptor],
    // A session of its own: it must outlive the signals that end this one's.
    detached: true,
  });
  // Without a guard everything works as well, until somebody kills lkit.
  child.on('error', () => undefined);
  child.stdin?.on('error', () => undefined);
  child.unref();
  return {
    release() {
      child.stdin?.end('over\n');
    },
  };
}
