import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import {
  attachConsole,
  findMachine,
  removeMachine,
  requireAgents,
  requireRunning,
  stopMachine,
} from '../../../pkg/machine/index.ts';

/**
 * Does what other commands do with a running machine of a backend that has neither a console nor agents for them: is
 * told so, stops it by its power button, and removes it once `ended` says that its run is over.
 */
export async function stopAndRemoveFromOutside(stateFolder: string, ended: Promise<string>): Promise<void> {
  const registry = path.join(path.dirname(stateFolder), 'registry');
  const find = () => findMachine(registry, `${stateFolder}/`, '/');
  const machine = await find();
  const running = requireRunning(machine);
  const without = { code: 'no-channel', message: new RegExp(running.backend) };
  assert.throws(() => requireAgents(machine), without);
  const terminal = { input: new PassThrough(), output: new PassThrough() };
  const { signal } = new AbortController();
  await assert.rejects(attachConsole(running, { terminal, signal, say: () => undefined }), without);
  assert.equal(await stopMachine(running, { graceMs: 10_000 }), 'powered-off');
  assert.equal(await ended, 'powered-off');
  assert.deepEqual(await removeMachine(registry, await find()), []);
  await assert.rejects(stat(stateFolder), { code: 'ENOENT' });
}
