import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { RuntimeSpec } from '../../../pkg/spec/index.ts';
import { bundle } from '../../unit/bundle/support.ts';
import { type Guest, makeGuest, type Outcome, runtimes } from './support.ts';

for (const runtime of runtimes) {
  describe(`attach, the hook that ${runtime} runs`, function () {
    this.timeout(30_000);
    let guest: Guest;
    beforeEach(async () => {
      guest = await makeGuest();
    });
    afterEach(() => guest.remove());

    interface Container {
      readonly name?: string;
      readonly net?: string;
      readonly keys?: RuntimeSpec;
      readonly script: string;
    }

    /** A shell command that prepares and runs the container to its end. */
    async function container({ name = 'web', net = 'new', keys, script }: Container): Promise<string> {
      const folder = await guest.add(
        bundle({
          name,
          net,
          ipc: 'new',
          uts: 'new',
          command: ['/bin/sh', '-c', script],
          env: ['PATH=/bin'],
          ...(keys && { runtime: keys }),
        }),
      );
      return `{ ${folder}/prepare && ${runtime} --root $ROOT/run/${runtime} run --bundle ${folder} lkit-${name}-${process.pid}; }`;
    }

    const run = (script: string): Promise<Outcome> => guest.run(`ROOT=${guest.root}; touch $ROOT/console\n${script}`);

    async function output(script: string): Promise<readonly string[]> {
      const { exitCode, stdout, stderr } = await run(script);
      assert.equal(
        exitCode,
        0,
        `${stderr}\n${stdout}\n${await readFile(guest.root + '/console', 'utf8').catch(() => '')}`,
      );
      return stdout.split('\n');
    }

    const links = 'ip -o link | cut -d " " -f 2 | cut -d : -f 1 | cut -d @ -f 1 | sort | tr "\\n" " "; echo';

    it('moves an interface of the host', async () => {
      const start = await container({ keys: { interfaces: [{ name: 'moved0' }] }, script: links });
      const seen = await output(`ip link add moved0 type ifb; ip link add other0 type ifb; ${start}; ${links}`);
      assert.deepEqual(seen, ['lo moved0 ', 'lo other0 ']);
    });

    it('makes interfaces, in the container or in the root first', async () => {
      const interfaces = [
        { name: 'inner0', add: 'ifb' },
        { name: 'outer0', add: 'ifb', createInRoot: true },
      ];
      const start = await container({ keys: { interfaces }, script: links });
      assert.deepEqual(await output(`${start}; ${links}`), ['inner0 lo outer0 ', 'lo ']);
    });

    it('makes a pair with one end outside', async () => {
      const interfaces = [
        { name: 'in0', add: 'veth', peer: 'out0' },
        { name: 'in1', peer: 'out1' },
      ];
      const wait = 'until [ -e /data/done ]; do sleep 0.1; done';
      const start = await container({
        keys: { interfaces },
        script: `${links}; cat /sys/class/net/in0/iflink; touch /data/ready; ${wait}`,
      });
      const seen = await output(`
        ${start} & started=$!
        until [ -e $ROOT/containers/services/web/rootfs/data/ready ]; do sleep 0.1; done
        ${links}
        cat /sys/class/net/out0/ifindex
        touch $ROOT/containers/services/web/rootfs/data/done
        wait $started`);
      const [inside, inPeer, outside, outIndex] = seen;
      assert.deepEqual([inside, outside], ['in0 in1 lo ', 'lo out0 out1 ']);
      assert.equal(inPeer, outIndex);
    });

    it('keeps namespaces at the paths of bindNS', async () => {
      const kinds = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts'];
      const bindNS = Object.fromEntries(kinds.map((kind) => [kind, `/run/ns/${kind}/web`]));
      const own = kinds.map((kind) => `readlink /proc/self/ns/${kind}`).join('; ');
      const kept = kinds.map((kind) => `echo "${kind}:[$(stat -c %i $ROOT/run/ns/${kind}/web)]"`).join('; ');
      const seen = await output(`${await container({ keys: { bindNS }, script: own })}; ${kept}`);
      assert.equal(seen.length, 2 * kinds.length);
      assert.deepEqual(seen.slice(0, kinds.length), seen.slice(kinds.length));
    });

    it('lets another container join what it keeps', async () => {
      const keys = { interfaces: [{ name: 'wg0', add: 'ifb', createInRoot: true }], bindNS: { net: '/run/netns/wg' } };
      const first = await container({ name: 'first', keys, script: ':' });
      const second = await container({ name: 'second', net: '/run/netns/wg', script: links });
      assert.deepEqual(await output(`${first}; ${second}`), ['lo wg0 ']);
    });

    it('does it all again for a restart, though the old namespace was kept', async () => {
      const keys = {
        interfaces: [
          { name: 'in0', peer: 'out0' },
          { name: 'b0', add: 'ifb', createInRoot: true },
        ],
        bindNS: { net: '/run/netns/web', mnt: '/run/mntns/web' },
      };
      const start = await container({ keys, script: links });
      const count = 'grep -c "netns/web\\|mntns/web" /proc/self/mountinfo';
      assert.deepEqual(await output(`${start}; ${count}; ${start}; ${count}; ${links}`), [
        'b0 in0 lo ',
        '3',
        'b0 in0 lo ',
        '3',
        'lo out0 ',
      ]);
    });

    it('makes a pair again for a restart, though another container lives in the old namespace', async () => {
      const keys = { interfaces: [{ name: 'in0', peer: 'out0' }], bindNS: { net: '/run/netns/web' } };
      const start = await container({ keys, script: links });
      const seen = await output(`
        ${start}
        nsenter --net=$ROOT/run/netns/web sleep 20 & other=$!
        until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
        ${start}
        kill $other`);
      assert.deepEqual(seen, ['in0 lo ', 'in0 lo ']);
    });

    it('leaves alone what a namespace to join has already', async () => {
      const first = await container({ name: 'first', keys: { bindNS: { net: '/run/netns/shared' } }, script: ':' });
      const second = await container({
        name: 'second',
        net: '/run/netns/shared',
        keys: { interfaces: [{ name: 'in0', add: 'ifb' }] },
        script: links,
      });
      assert.deepEqual(await output(`${first}; ${second}; ${second}`), ['in0 lo ', 'in0 lo ']);
    });

    it('lets no container start that lacks an interface, and says which', async () => {
      const start = await container({ keys: { interfaces: [{ name: 'absent0' }] }, script: 'echo started' });
      const { exitCode, stdout, stderr } = await run(
        `touch $ROOT/console; ${start} || { cat $ROOT/console >&2; exit 1; }`,
      );
      assert.notEqual(exitCode, 0);
      assert.equal(stdout, '');
      assert.match(stderr, /can't find device 'absent0'|ip: .*absent0/);
    });
  });
}
