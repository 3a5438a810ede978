import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLkit } from './lkit.ts';

export interface Done {
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

interface ListedMachine {
  readonly name: string;
  readonly folder: string;
  readonly running: { readonly process: { readonly pid: number } } | null;
}

/** A folder with images and machines of its own, of which the user's `lkit ps` knows nothing. */
export class Machines {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;

  private constructor(folder: string) {
    this.folder = folder;
    this.env = { XDG_STATE_HOME: path.join(folder, 'xdg') };
  }

  static async make(): Promise<Machines> {
    return new Machines(await mkdtemp(path.join(tmpdir(), 'lkit-test-')));
  }

  /** Runs `lkit ARGS` to its end, within `timeoutMs`; without input, standard input is empty. */
  async lkit(args: readonly string[], input?: Buffer, timeoutMs = 100_000): Promise<Done> {
    const child = startLkit(args, { cwd: this.folder, env: this.env });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
    }, timeoutMs);
    const stdout: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    // A command need not read all that it is given.
    child.stdin.on('error', () => undefined).end(input);
    const exitCode = await new Promise<number | null>((resolve) => {
      child.once('close', resolve);
    });
    clearTimeout(timer);
    return { exitCode, stdout: Buffer.concat(stdout), stderr };
  }

  /** The output of `lkit ARGS`, which must succeed. */
  async output(args: readonly string[], input?: Buffer): Promise<string> {
    const { exitCode, stdout, stderr } = await this.lkit(args, input);
    assert.equal(exitCode, 0, `lkit ${args.join(' ')}\n${stderr}`);
    return stdout.toString('utf8');
  }

  async list(): Promise<readonly ListedMachine[]> {
    return JSON.parse(await this.output(['ps', '--json'])) as readonly ListedMachine[];
  }

  async pidOf(name: string): Promise<number> {
    const pid = (await this.list()).find((each) => each.name === name)?.running?.process.pid;
    assert.ok(pid, `${name} is not running`);
    return pid;
  }

  /** Waits, in the guest, until a service's container runs. */
  async untilRuns(name: string, service: string): Promise<void> {
    const wait = `until [ -s /run/lkit/services/${service}/pid ]; do sleep 0.1; done`;
    await this.output(['exec', name, '--timeout', '90s', '--', 'sh', '-c', wait]);
  }

  /** Asks several times a second until a command succeeds. */
  async until(args: readonly string[], seconds = 30): Promise<void> {
    const end = performance.now() + seconds * 1000;
    let said = '';
    while (performance.now() < end) {
      const { exitCode, stderr } = await this.lkit(args);
      if (exitCode === 0) return;
      said = stderr;
      await sleep(200);
    }
    assert.fail(`lkit ${args.join(' ')} never succeeded\n${said}`);
  }

  /** Ends what still runs and removes the folder. */
  async remove(): Promise<void> {
    const names = (await this.list()).map(({ folder }) => `${folder}/`);
    if (names.length > 0) await this.lkit(['rm', '-f', ...names]);
    await rm(this.folder, { recursive: true });
  }
}

/** The command lines, of all processes of this host, in which a text occurs. */
export async function processesNaming(text: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(text)).map((line) => line.replaceAll('\0', ' '));
}
