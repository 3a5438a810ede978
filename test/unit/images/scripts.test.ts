import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { applets, guestFiles, isScript } from './folders.ts';

describe("the guest's scripts", () => {
  const scripts = guestFiles().filter(isScript);

  it('are clean for ShellCheck', function () {
    this.timeout(20_000);
    const { status, stdout, error } = spawnSync('shellcheck', ['-s', 'dash', ...scripts.map(({ host }) => host)], {
      encoding: 'utf8',
    });
    assert.equal(error, undefined);
    assert.equal(status, 0, stdout);
  });

  for (const { title, host, path: inGuest, isExecutable, text } of scripts) {
    it(`${title} is in busybox's language, and executable if it is a program`, () => {
      const { status, stderr } = spawnSync('busybox', ['sh', '-n', host], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      assert.equal(isExecutable, text.startsWith('#!'), `${inGuest}: mode and first line contradict each other`);
    });
  }

  it('do not have the name of a busybox program, which the shell would run instead', () => {
    const known = applets();
    // Nobody starts these two from a shell: the kernel does, or stage 0 by its path.
    const exempt = ['/init', '/sbin/init'];
    const hidden = scripts.filter(
      ({ path: inGuest }) => known.has(path.basename(inGuest)) && !exempt.includes(inGuest),
    );
    assert.deepEqual(
      hidden.map(({ title }) => title),
      [],
    );
  });
});
