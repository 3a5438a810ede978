import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { startLkit, type LkitOptions } from './lkit.ts';

/** Without carriage returns and the terminal's control sequences (ECMA-48, 5.4), such as a shell's `ESC [ 6 n`. */
function plain(text: string): string {
  return text.replaceAll('\r', '').replaceAll(/\x1b\[[0-9;?]*[ -/]*[@-~]/g, '');
}

/** Without what lkit's init says meanwhile, and the last output of containers that it quotes. */
function withoutNotices(output: string): string {
  return output.replaceAll(/^lkit: .*\n?(?: {4}.*\n?)*/gm, '');
}

/** A machine that `lkit run`, or QEMU itself, started, driven over its serial console as a person at the keyboard would. */
export class Guest {
  /** Everything that the console has shown, as plain text. */
  console = '';
  /** What lkit itself said. */
  messages = '';
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly watchers = new Set<() => void>();
  private seen = 0;
  private commands = 0;

  constructor(run: readonly string[] | ChildProcessWithoutNullStreams, options: LkitOptions = {}) {
    this.child = 'stdin' in run ? run : startLkit(['run', ...run], options);
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.console = plain(this.console + text);
      for (const watcher of this.watchers) watcher();
    });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.messages += text));
    this.exited = new Promise((resolve) => this.child.once('close', resolve));
    void this.exited.then(() => {
      for (const watcher of this.watchers) watcher();
    });
  }

  /** Waits until the console, from where the last match ended, matches. */
  async waitFor(pattern: RegExp, timeoutMs = 120_000): Promise<RegExpExecArray> {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        end(() => {
          reject(new Error(`no ${String(pattern)} within ${timeoutMs} ms${this.tail()}`));
        });
      }, timeoutMs);
      const look = (): void => {
        const match = pattern.exec(this.console.slice(this.seen));
        if (match) {
          this.seen += match.index + match[0].length;
          end(() => {
            resolve(match);
          });
        } else if (this.child.exitCode !== null || this.child.signalCode !== null) {
          end(() => {
            reject(new Error(`the machine ended before ${String(pattern)}${this.tail()}`));
          });
        }
      };
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.watchers.delete(look);
        settle();
      };
      this.watchers.add(look);
      look();
    });
  }

  /** Types at the console. */
  type(text: string): void {
    this.child.stdin.write(text);
  }

  /** Runs a command at the shell prompt. Its output, without what init says meanwhile, comes back with its exit code. */
  async run(command: string, timeoutMs = 120_000): Promise<{ readonly output: string; readonly exitCode: number }> {
    const id = ++this.commands;
    // The terminal echoes what is typed, so the markers are spelt in a way that only their evaluation yields.
    this.type(`echo "<"${id}"<"; ${command}; echo ">"${id}":$?>"\n`);
    await this.waitFor(new RegExp(`^.*<${id}<\n`, 'm'), timeoutMs);
    const match = await this.waitFor(new RegExp(`([^]*?)>${id}:(\\d+)>`), timeoutMs);
    return { output: withoutNotices(match[1] ?? '').trimEnd(), exitCode: Number(match[2]) };
  }

  /** Waits for the machine's end and gives lkit's exit code. */
  async ended(timeoutMs = 30_000): Promise<number | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`the machine is still running after ${timeoutMs} ms${this.tail()}`));
      }, timeoutMs);
    });
    try {
      return await Promise.race([this.exited, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** What Ctrl-C does where lkit's input is not a terminal. */
  interrupt(): void {
    this.child.kill('SIGINT');
  }

  /** Ends lkit, and QEMU with it, whatever state they are in. */
  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGINT');
      this.child.kill('SIGINT');
    }
    await this.exited;
  }

  private tail(): string {
    return `\n--- console\n${this.console.slice(-3000)}\n--- lkit\n${this.messages.slice(-1000)}`;
  }
}
