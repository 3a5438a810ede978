import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { root } from '../support/lkit.ts';

describe('npm run quickstart', () => {
  it('builds the first example and boots it, down to its prompt', async function () {
    this.timeout(150_000);
    const child = spawn('npm', ['run', '--silent', 'quickstart'], {
      cwd: root,
      env: { ...process.env, LKIT_ACCEL: 'tcg', NO_COLOR: '1' },
      detached: true,
    });
    let shown = '';
    const ended = once(child, 'close');
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (shown += text));
    }
    try {
      while (!shown.includes(':~# ')) {
        const more = once(child.stdout, 'data').then(() => true);
        if (!(await Promise.race([more, ended.then(() => false)]))) throw new Error(`it ended:\n${shown}`);
      }
    } finally {
      // npm, the shell and lkit; lkit stops its machine.
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
      await ended;
    }
  });
});
