import assert from 'node:assert/strict';
import { Command } from 'commander';
import { commands, loadCommands } from '../../../cmd/lkit/commands.ts';

const program = (): Command =>
  new Command('lkit').option('--cache <dir>').option('-q, --quiet').option('-v, --verbose');

describe('loadCommands', () => {
  const loaded = async (...argv: readonly string[]): Promise<readonly string[]> =>
    (await loadCommands(program(), argv)).map((command) => command.name());

  it('has each command under its own name', async () => {
    assert.deepEqual(await loaded(), Object.keys(commands));
  });

  for (const argv of [
    ['validate', 'a.yml'],
    ['-q', 'validate', 'build'],
    ['--cache', 'build', 'validate', 'a.yml'],
    ['-cache', 'build', 'validate', 'a.yml'],
    ['--cache=build', 'validate'],
    ['validate', '--help'],
  ]) {
    it(`loads only what "lkit ${argv.join(' ')}" names`, async () => {
      assert.deepEqual(await loaded(...argv), ['validate']);
    });
  }

  for (const argv of [['--help'], ['help', 'validate'], ['valdiate'], ['-mem', '2G', 'run', 'qemu'], ['toString']]) {
    it(`loads all of them for "lkit ${argv.join(' ')}"`, async () => {
      assert.deepEqual(await loaded(...argv), Object.keys(commands));
    });
  }
});
