import assert from 'node:assert/strict';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import type { ContainerSpec, ServiceSpec } from '../../../pkg/spec/index.ts';
import { bundle, text } from '../../unit/bundle/support.ts';
import { type Guest, makeGuest, runtimes } from './support.ts';

/** Keys that bring out every line the scripts can have. */
const everything: Partial<ContainerSpec & ServiceSpec> = {
  net: 'new',
  binds: ["/etc/it's:/etc/it's $HOME"],
  runtime: {
    cgroups: ['a', '/b/c'],
    mkdir: ['/var/x', "relative/it's"],
    mounts: [
      { destination: '/var/m', type: 'tmpfs', options: ['mode=700', 'rshared'] },
      { destination: '/var/o', type: 'overlay', options: ['lowerdir=/l', 'upperdir=/u', 'workdir=/w'] },
    ],
    interfaces: [
      { name: 'a' },
      { name: 'b', peer: 'c' },
      { name: 'd', add: 'ifb' },
      { name: 'e', add: 'ifb', createInRoot: true },
    ],
    bindNS: { net: '/run/netns/web', mnt: '/run/mntns/web' },
  },
  healthcheck: { command: ['/bin/check', "it's $HOME", ''], intervalMs: 1500, retries: 3 },
  dependsOn: ['db', 'cache'],
};

describe('the scripts of a bundle', function () {
  this.timeout(30_000);

  for (const readonly of [false, true]) {
    for (const name of ['prepare', 'attach']) {
      // A `$` in quotes is what the user wrote (SC2016), and a list may have one element (SC2043).
      it(`${name} is sound sh (${readonly ? 'read-only' : 'writable'} root)`, async () => {
        const input = text(
          bundle({ ...everything, readonly }, readonly ? { sharedTree: '/containers/x/rootfs' } : {}),
          name,
        );
        const { stdout, exitCode } = await execa('shellcheck', ['--shell=sh', '--exclude=SC2016,SC2043', '-'], {
          input,
          reject: false,
        });
        assert.equal(exitCode, 0, stdout);
      });
    }
  }

  it('service.conf gives the health command back word by word', async () => {
    const conf = text(bundle(everything), 'service.conf');
    const script = `${conf}\neval "set -- $HEALTH_COMMAND"; printf '[%s]' "$@"; echo; echo "$DEPENDS_ON $HEALTH_INTERVAL_MS"`;
    const { stdout } = await execa('busybox', ['sh', '-euc', script]);
    assert.equal(stdout, "[/bin/check][it's $HOME][]\ndb cache 1500");
  });
});

describe('prepare', function () {
  this.timeout(30_000);
  let guest: Guest;
  beforeEach(async () => {
    guest = await makeGuest();
  });
  afterEach(() => guest.remove());

  async function output(script: string): Promise<readonly string[]> {
    const { exitCode, stdout, stderr } = await guest.run(`ROOT=${guest.root}\n${script}`);
    assert.equal(exitCode, 0, `${stderr}\n${stdout}`);
    return stdout.split('\n');
  }

  it('gives a writable root, fresh at each start, and leaves the image as it is', async () => {
    const folder = await guest.add(bundle());
    const lines = await output(`
      for run in 1 2 3; do
        ${folder}/prepare
        cat ${folder}/rootfs/etc/image
        [ ! -e ${folder}/rootfs/etc/new ] && echo new >${folder}/rootfs/etc/new
        echo changed >${folder}/rootfs/etc/image
        grep -c ${folder} /proc/self/mountinfo
      done`);
    assert.deepEqual(lines, Array(3).fill(['from the image', '2']).flat());
    assert.equal(await readFile(path.join(folder, 'lower/etc/image'), 'utf8'), 'from the image\n');
  });

  it('works again after a run whose processes still hold the old root', async () => {
    const folder = await guest.add(bundle());
    const lines = await output(`
      ${folder}/prepare
      ( cd ${folder}/rootfs && exec sleep 5 ) & holder=$!
      sleep 0.1
      ${folder}/prepare && grep -c ${folder} /proc/self/mountinfo
      kill $holder`);
    assert.deepEqual(lines, ['2']);
  });

  it('mounts what runtime.mounts asks for once per boot, in the root at each start; makes folders on top', async () => {
    const runtime = {
      mounts: [
        { destination: '/run/state', type: 'tmpfs', source: 'tmpfs', options: ['mode=0711', 'rprivate'] },
        { destination: '/run/again', type: 'bind', source: '/run/state' },
        { destination: 'inner', type: 'tmpfs' },
        { destination: '/run/state', options: ['remount', 'size=64k'] },
      ],
      mkdir: ['/run/state/a/b', 'inner/c'],
    };
    const folder = await guest.add(bundle({ runtime }));
    const lines = await output(`
      for run in 1 2; do
        ${folder}/prepare
        for made in $ROOT/run/again/a/b ${folder}/rootfs/inner/c; do [ -d $made ] && echo "\${made#$ROOT}"; done
        stat -c %a $ROOT/run/state
        grep -c $ROOT/run /proc/self/mountinfo
        grep " $ROOT/run/state " /proc/self/mountinfo | grep -o size=64k
      done`);
    const once = ['/run/again/a/b', '/containers/services/web/rootfs/inner/c', '711', '2', 'size=64k'];
    assert.deepEqual(lines, [...once, ...once]);
  });

  it('makes cgroups in the hierarchies that the guest has', async () => {
    const folder = await guest.add(bundle({ runtime: { cgroups: ['lkit-bundle-test/one'] } }));
    const made = '$(find /sys/fs/cgroup -path "*/lkit-bundle-test/one" -type d)';
    const lines = await output(`
      ${folder}/prepare && ${folder}/prepare
      [ -n "${made}" ] && echo made
      for each in ${made}; do rmdir "$each" "\${each%/one}"; done`);
    assert.deepEqual(lines, ['made']);
  });

  it('stops with the failing step, and does it again on the next try', async () => {
    const runtime = { mounts: [{ destination: '/run/x', type: 'bind', source: '/run/missing' }] };
    const folder = await guest.add(bundle({ runtime }));
    const { stdout, stderr } = await guest.run(`
      ${folder}/prepare || echo failed $?
      mkdir ${guest.root}/run/missing
      ${folder}/prepare && echo prepared`);
    assert.match(stdout, /^failed \d+\nprepared$/);
    assert.match(stderr, /mount: .*\/run\/missing/);
  });

  /** The image's tree as stage-0 provides it: a file system that cannot be written to. */
  const sealTree = (folder: string): string =>
    `mount -o bind ${folder}/rootfs ${folder}/rootfs; mount -o remount,bind,ro ${folder}/rootfs`;

  for (const runtime of runtimes) {
    it(`lets ${runtime} mount where a read-only image has no such place, twice`, async () => {
      const keys = {
        readonly: true,
        command: ['/bin/sh', '-c', 'cat /srv/new/f; pwd; touch /x 2>/dev/null || echo read-only'],
        env: ['PATH=/bin'],
        binds: ['/run/shared:/srv/new'],
        cwd: '/work',
      };
      const folder = await guest.add(bundle(keys));
      const lines = await output(`
        ${sealTree(folder)}
        mkdir -p $ROOT/run/shared; echo hello >$ROOT/run/shared/f
        for run in 1 2; do
          ${folder}/prepare
          ${runtime} --root $ROOT/run/${runtime} run --bundle ${folder} lkit-${runtime}-${process.pid}
        done`);
      const once = ['hello', '/work', 'read-only'];
      assert.deepEqual(lines, [...once, ...once]);
    });
  }

  it('leaves a read-only root alone that has all mount points', async () => {
    const folder = await guest.add(bundle({ readonly: true, tmpfs: ['/tmp'], binds: ['/run:/data'] }));
    const lines = await output(`${sealTree(folder)}; ${folder}/prepare; grep -c overlay /proc/self/mountinfo || :`);
    assert.deepEqual(lines, ['0']);
  });

  it('is not taken in by links in the image that lead out of it', async () => {
    const folder = await guest.add(bundle({ readonly: true, binds: ['/run:/etc/out/tmp'] }));
    await symlink('/', path.join(folder, 'rootfs/etc/out'));
    const lines = await output(`${sealTree(folder)}; ${folder}/prepare; grep -c " - overlay " /proc/self/mountinfo`);
    assert.deepEqual(lines, ['1']);
  });

  it("binds another container's tree for a read-only root, and stacks it for a writable one", async () => {
    const sharedTree = '/containers/shared/tree';
    await mkdir(path.join(guest.root, sharedTree), { recursive: true });
    await writeFile(path.join(guest.root, sharedTree, 'f'), 'shared\n');
    const lines: string[] = [];
    for (const [name, readonly] of [
      ['one', true],
      ['two', false],
    ] as const) {
      const made = bundle({ name, readonly }, { sharedTree });
      await guest.add({ ...made, tree: `/containers/unused-${name}/tree` });
      const folder = path.join(guest.root, 'containers/services', name);
      lines.push(...(await output(`${folder}/prepare; ${folder}/prepare; cat ${folder}/rootfs/f`)));
    }
    assert.deepEqual(lines, ['shared', 'shared']);
    await rm(path.join(guest.root, sharedTree), { recursive: true });
  });
});
