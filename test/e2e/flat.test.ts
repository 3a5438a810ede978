import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseSpans } from '../../pkg/report/index.ts';
import { Guest } from '../support/guest.ts';
import { lkit, root } from '../support/lkit.ts';
import { testNamespaces } from '../support/namespaces.ts';

/** The namespaces of containers that crun runs without a daemon are those of containers.test.ts. */
for (const [runtime, compression, files] of [
  ['crun', 'zstd', ['flat', 'crun']],
  ['containerd', 'gzip', ['flat', 'containerd', 'namespaces']],
] as const) {
  describe(`a flat system with ${runtime}, compressed with ${compression}`, function () {
    this.timeout(180_000);
    let folder: string;
    let guest: Guest;

    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'lkit-test-'));
      const paths = files.map((name) => path.join(root, `test/e2e/fixtures/${name}.yml`));
      const flags = ['--layout', 'flat', '--compression', compression, '--name', 'flat'];
      const built = await lkit(['build', ...flags, ...paths], { cwd: folder });
      assert.equal(built.exitCode, 0, built.stderr);
      guest = new Guest(['qemu', '-mem', '512', '-timeout', '300s', 'flat'], { cwd: folder });
    });

    after(async () => {
      await guest.kill();
      await rm(folder, { recursive: true });
    });

    it('boots, and runs its containers with the same files, read-only and writable', async () => {
      await guest.waitFor(/^(?=[^]*\[readonly\] .*Read-only file system\n)(?=[^]*\[writable\] written\n)/);
      assert.match(guest.console, /\[once\] onboot$/m);
    });

    it('tells what its boot took, step by step', async () => {
      // The prompt may have been there before what the containers said.
      guest.type('\n');
      await guest.waitFor(/:~# /);
      const { output } = await guest.run(
        'until grep -q "service writable" /run/lkit/boot-times; do sleep 0.2; done; cat /run/lkit/boot-times',
      );
      const spans = parseSpans(output);
      const steps = ['kernel', '/init', 'file systems', '002-devices', 'onboot once', '010-onboot', 'service writable'];
      let before = 0;
      for (const step of steps) {
        const span = spans.find(({ what }) => what === step);
        assert.ok(span !== undefined && span.to >= before && span.to >= span.from, `${step} in ${output}`);
        before = span.to;
      }
    });

    if (runtime === 'containerd') {
      describe('has containers that', () => {
        const outside = async (command: string): Promise<string> => {
          const { output, exitCode } = await guest.run(command);
          assert.equal(exitCode, 0, `${command}\n${output}`);
          return output;
        };

        before(async () => {
          await outside('until [ $(service ls | grep -c running) = 6 ]; do sleep 0.5; done');
        });

        testNamespaces({
          outside,
          // A process in Go takes seconds to start under emulation.
          inside: (service, command) =>
            outside(`nsenter -t $(cat /run/lkit/services/${service}/pid) -m -u -i -n -p sh -c '${command}'`),
        });
      });
    }

    // Mocha runs all tests of a suite before the suites in it.
    describe('at its end', () => {
      it('powers off', async () => {
        guest.type('poweroff\n');
        assert.equal(await guest.ended(), 0);
      });
    });
  });
}
