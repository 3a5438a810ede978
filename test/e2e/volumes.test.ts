import assert from 'node:assert/strict';
import { FixtureGuest } from '../support/fixture.ts';

describe('volumes', function () {
  this.timeout(180_000);
  let guest: FixtureGuest;

  /** Runs a command in a service. */
  const inside = (service: string, command: string): ReturnType<FixtureGuest['run']> =>
    guest.run(`crun exec ${service} sh -c '${command}'`);

  before(async () => {
    guest = await FixtureGuest.boot('volumes');
    await guest.waitFor(/:~# /);
    await guest.until('[ $(service ls | grep -c running) = 4 ]');
  });

  after(async () => {
    await guest.kill();
  });

  it('share a blank one between services, through `binds` and `mounts`', async () => {
    assert.equal((await inside('reader', 'cat /srv/data/greeting')).output, 'from the writer');
    assert.equal((await inside('reader', 'echo from the reader >/srv/data/answer')).exitCode, 0);
    assert.equal((await inside('writer', 'cat /data/answer')).output, 'from the reader');
  });

  it('fill one from an image and keep changes to it in memory', async () => {
    assert.equal((await inside('writer', 'cat /filled/seed/origin')).output, 'from the image');
    assert.equal((await inside('writer', 'echo changed >/filled/seed/origin')).exitCode, 0);
    assert.equal((await inside('reader', 'cat /filled/seed/origin')).output, 'changed');
  });

  it('refuse writes where the mount is read-only, and let the others write', async () => {
    const { output, exitCode } = await inside('reader', 'echo no >/filled/seed/origin');
    assert.notEqual(exitCode, 0);
    assert.match(output, /Read-only file system/);
    assert.equal((await inside('writer', 'cat /filled/seed/origin')).output, 'changed');
  });

  it('keep a read-only one as it is, whatever a container with all capabilities does', async () => {
    assert.equal((await inside('writer', 'cat /sealed/seed/origin')).output, 'from the image');
    for (const service of ['writer', 'reader']) {
      assert.match((await inside(service, 'echo no >/sealed/seed/origin')).output, /Read-only file system/);
    }
    const { output, exitCode } = await inside(
      'admin',
      'mount -o remount,bind,rw /sealed; echo no >/sealed/seed/origin',
    );
    assert.notEqual(exitCode, 0);
    assert.match(output, /Read-only file system/);
    assert.equal((await inside('admin', 'cat /sealed/seed/origin')).output, 'from the image');
    assert.match((await guest.run('echo no >/containers/volumes/sealed/merged/x')).output, /Read-only file system/);
  });

  it('allow for a blank one that is read-only', async () => {
    assert.equal((await inside('writer', 'ls /empty')).output, '');
    assert.match((await inside('writer', 'echo no >/empty/x')).output, /Read-only file system/);
  });

  it('hold an image as an OCI image layout, for each platform', async () => {
    assert.match((await inside('writer', 'cat /layout/oci-layout')).output, /"imageLayoutVersion":"1\.0\.0"/);
    // Every blob is what its name says.
    const sums =
      'cd /containers/volumes/layout/merged/blobs/sha256 && sha256sum * | while read -r sum name; do [ $sum = $name ] || exit 1; done; echo $?; cd';
    assert.equal(await guest.output(sums), '0');
    const blobs = '/containers/volumes/layout/merged/blobs/sha256';
    const index = await guest.output(
      `cat ${blobs}/$(grep -o 'sha256:[0-9a-f]*' ${blobs}/../../index.json | cut -d : -f 2)`,
    );
    const platforms = [...index.replaceAll('\n', '').matchAll(/"architecture":"(\w+)"/g)].map((match) => match[1]);
    assert.deepEqual(platforms, ['amd64', 'arm64']);
  });
});
