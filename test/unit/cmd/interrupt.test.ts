import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { root } from '../../support/lkit.ts';

const script = `
  const { abortOnInterrupt } = await import('./cmd/lkit/interrupt.ts');
  const { execa } = await import('execa');
  await abortOnInterrupt(async (signal) => {
    const tool = execa('sleep', ['20'], { cancelSignal: signal });
    setTimeout(() => console.log('running'), 200);
    await tool.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 200));
    console.log('cleaned up');
  });
`;

describe('abortOnInterrupt', function () {
  this.timeout(30_000);

  async function interrupted(): Promise<{ readonly output: string; readonly ended: readonly unknown[] }> {
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: path.resolve(root),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (text.includes('running')) child.kill('SIGINT');
    });
    return { ended: await once(child, 'close'), output };
  }

  it('lets the work clean up, even while a program of the host runs', async () => {
    assert.deepEqual(await interrupted(), { ended: [0, null], output: 'running\ncleaned up\n' });
  });
});
