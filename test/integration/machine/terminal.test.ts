import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { quoteCommand, readState } from '../../../pkg/machine/index.ts';
import { root, withTempDir } from '../../support/lkit.ts';
import { type FakeBehaviour, writeFakeQemu } from './fake-qemu.ts';

interface Session {
  readonly type: (text: string) => void;
  /** Waits until the terminal shows something. */
  readonly sees: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly pids: () => Promise<{ readonly lkit: number; readonly qemu: number }>;
}

/** `lkit run` behind a pseudoterminal of script(1), in a shell that prints the terminal's settings before and after. */
async function inTerminal(behaviour: FakeBehaviour, use: (session: Session) => Promise<void>): Promise<void> {
  await withTempDir(async (folder) => {
    for (const file of ['demo-kernel', 'demo-initrd.img', 'demo-cmdline']) await writeFile(path.join(folder, file), '');
    const qemu = await writeFakeQemu(folder, { tcg: behaviour });
    const tsx = path.join(root, 'node_modules/tsx/dist/esm/index.mjs');
    const program = path.join(root, 'test/integration/machine/run-only.ts');
    const flags = ['--cache', folder, 'run', '-accel', 'tcg', '-qemu', qemu, '-mem', '512', 'demo'];
    const lkit = quoteCommand([process.execPath, '--import', tsx, program, ...flags]);
    const shell = `echo "<$(stty -g)>"; sh -c 'echo $$ >lkit.pid; exec "$@"' sh ${lkit}; code=$?; sleep 0.5; echo "{$code}<$(stty -g)>"`;
    const child: ChildProcess = spawn('script', ['-qec', shell, '/dev/null'], {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, SHELL: '/bin/sh' },
    });
    let shown = '';
    child.stdout?.on('data', (chunk: Buffer) => (shown += chunk.toString('latin1')));
    const sees: Session['sees'] = async (pattern) => {
      for (let waited = 0; waited < 25_000; waited += 20) {
        const match = pattern.exec(shown);
        if (match) return match;
        await sleep(20);
      }
      throw new Error(`no ${String(pattern)} in ${JSON.stringify(shown)}`);
    };
    const pids: Session['pids'] = async () => {
      const running = (await readState(path.join(folder, 'demo-state')))?.running;
      assert.ok(running);
      return { lkit: Number(await readFile(path.join(folder, 'lkit.pid'), 'utf8')), qemu: running.process.pid };
    };
    try {
      await use({ type: (text) => child.stdin?.write(text, 'latin1'), sees, pids });
      const [, before, after] = await sees(/<([^>]+)>[^]*\{\d+\}<([^>]+)>/);
      assert.equal(after, before, 'the terminal was left in another state');
      assert.deepEqual(
        (await readdir(path.join(folder, 'demo-state'))).filter((file) => file.endsWith('.tmp')),
        [],
      );
    } finally {
      child.kill('SIGHUP');
    }
  });
}

async function isGone(pid: number): Promise<boolean> {
  for (let waited = 0; waited < 5_000; waited += 20) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    // A zombie whose parent does not care is as gone as can be.
    const status = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => ') Z');
    if (/\) Z/.test(status)) return true;
    await sleep(20);
  }
  return false;
}

describe('machine: the terminal', function () {
  this.timeout(60_000);

  it('is the guest’s, Ctrl-C and all, until Ctrl-A X', async () => {
    await inTerminal({ says: 'login: ' }, async ({ type, sees }) => {
      await sees(/To leave: Ctrl-A, then X.*[^]*login: /);
      type('ls\x03\x04\x1a');
      // A cooked terminal would have acted on these and echoed them as ^C.
      await sees(/login: ls\x03\x04\x1a/);
      type('\x01h');
      await sees(/Ctrl-A X stops the machine/);
      type('\x01a\x01x');
      await sees(/\x1a[^]*\x01[^]*\{0\}/);
    });
  });

  it('is restored when the guest powers off', async () => {
    await inTerminal({ says: 'login: ' }, async ({ type, sees }) => {
      await sees(/login: /);
      type('off\r');
      await sees(/\{0\}/);
    });
  });

  for (const [signal, exitCode] of [
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const) {
    it(`is restored on ${signal}, and the machine ends`, async () => {
      await inTerminal({ says: 'login: ' }, async ({ sees, pids }) => {
        await sees(/login: /);
        const { lkit, qemu } = await pids();
        process.kill(lkit, signal);
        await sees(new RegExp(`\\{${exitCode}\\}`));
        assert.ok(await isGone(qemu));
      });
    });
  }

  it('is restored when QEMU is killed', async () => {
    await inTerminal({ says: 'login: ' }, async ({ sees, pids }) => {
      await sees(/login: /);
      process.kill((await pids()).qemu, 'SIGKILL');
      await sees(/QEMU was ended by SIGKILL[^]*\{1\}/);
    });
  });

  it('is restored, and the machine ended, even when lkit is killed with -9', async () => {
    await inTerminal({ says: 'login: ' }, async ({ sees, pids }) => {
      await sees(/login: /);
      const { lkit, qemu } = await pids();
      process.kill(lkit, 'SIGKILL');
      await sees(/\{137\}/);
      assert.ok(await isGone(qemu));
    });
  });
});
