import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Guest } from './guest.ts';
import { lkit, root } from './lkit.ts';

/** A machine of one of the systems in `test/e2e/fixtures`, built in a folder of its own. */
export class FixtureGuest extends Guest {
  /** Where it was built, and keeps its state. */
  readonly folder: string;

  private constructor(name: string, folder: string) {
    super(['qemu', '-mem', '384', '-cpus', '1', '-timeout', '300s', name], { cwd: folder });
    this.folder = folder;
  }

  /** Builds `NAME.yml`, merged with the other files, and starts to boot it. */
  static async boot(name: string, ...others: readonly string[]): Promise<FixtureGuest> {
    const folder = await mkdtemp(path.join(tmpdir(), 'lkit-test-'));
    try {
      const files = [name, ...others].map((each) => path.join(root, 'test/e2e/fixtures', `${each}.yml`));
      const built = await lkit(['build', '--name', name, ...files], { cwd: folder });
      assert.equal(built.exitCode, 0, built.stderr);
      return new FixtureGuest(name, folder);
    } catch (error) {
      await rm(folder, { recursive: true });
      throw error;
    }
  }

  /** The output of a command at the shell prompt, which must succeed. */
  async output(command: string): Promise<string> {
    const { output, exitCode } = await this.run(command);
    assert.equal(exitCode, 0, `${command}\n${output}`);
    return output;
  }

  /** Waits, asking several times a second, until a command at the shell prompt succeeds; gives back its output. */
  async until(command: string, seconds = 30): Promise<string> {
    const turns = seconds * 5;
    return await this.output(
      `n=${turns}; until ${command}; do n=$((n-1)); [ $n -gt 0 ] || break; sleep 0.2; done; [ $n -gt 0 ]`,
    );
  }

  override async kill(): Promise<void> {
    await super.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
