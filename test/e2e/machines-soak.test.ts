import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { root } from '../support/lkit.ts';
import { Machines, processesNaming } from '../support/machines.ts';

const count = 25;
const firstPort = 21_700;

describe('many machines, two at a time', function () {
  this.timeout(900_000);
  let machines: Machines;

  before(async () => {
    machines = await Machines.make();
    await machines.output(['build', '--name', 'soak', path.join(root, 'test/e2e/fixtures/agent.yml')]);
  });

  after(async () => {
    await machines.remove();
  });

  async function oneLife(number: number): Promise<void> {
    const [name, publish] = [`soak${number}`, `127.0.0.1:${firstPort + number}:80`];
    const run = ['run', 'qemu', '-detached', '-mem', '128', '-publish', publish, '-state', name, 'soak'];
    const started = await machines.lkit(run);
    // A machine that says nothing is known to run as soon as its agent answers.
    assert.deepEqual([started.exitCode, started.stderr], [0, 'soak runs on; see it with: lkit console soak\n']);
    assert.equal(await machines.output(['exec', name, '--', 'echo', name]), `${name}\n`);
    const { exitCode, stderr } = await machines.lkit(['stop', '-t', '60', name]);
    assert.deepEqual([exitCode, stderr], [0, ''], name);
    const left = (await readdir(path.join(machines.folder, name))).sort();
    assert.deepEqual(left, ['console.log', 'machine.json', 'qemu.log']);
  }

  it(`start, run a command and stop, ${count} of them, and leave nothing behind`, async () => {
    const numbers = Array.from({ length: count }, (_, index) => index);
    const worker = async (): Promise<void> => {
      for (let next = numbers.shift(); next !== undefined; next = numbers.shift()) await oneLife(next);
    };
    await Promise.all([worker(), worker()]);
    assert.deepEqual(await processesNaming(machines.folder), []);
    for (let port = firstPort; port < firstPort + count; port++) await listen(port);
    const listed = await machines.list();
    assert.deepEqual([listed.length, listed.filter(({ running }) => running !== null)], [count, []]);
    await machines.output(['rm', ...listed.map(({ folder }) => path.basename(folder))]);
    assert.deepEqual(await machines.list(), []);
  });
});

/** Fails when somebody still has the port. */
async function listen(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}
