import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, link, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root, startLkit } from '../support/lkit.ts';
import { Guest } from '../support/guest.ts';
import { Machines } from '../support/machines.ts';

const fixture = (name: string): string => path.join(root, 'test/e2e/fixtures', `${name}.yml`);
const start = ['run', 'qemu', '-detached', '-mem', '256'];

describe('machines that run on', function () {
  this.timeout(180_000);
  let machines: Machines;
  let others: Machines;
  const sh = (script: string): Promise<string> => machines.output(['exec', 'box', '--', 'sh', '-c', script]);

  before(async () => {
    [machines, others] = await Promise.all([Machines.make(), Machines.make()]);
    await machines.output(['build', '--name', 'box', fixture('machines'), fixture('crun')]);
    await others.output(['build', '--name', 'task', fixture('machines'), fixture('containerd')]);
    // Side by side: the smallest host of the tests has two processors.
    await Promise.all([
      machines.output([...start, '-disk', 'size=64M', 'box']),
      others.output(['run', 'qemu', '-detached', '-mem', '512', 'task']),
    ]);
  });

  after(async () => {
    await Promise.all([machines.remove(), others.remove()]);
  });

  it('are listed', async () => {
    assert.match(
      await machines.output(['ps']),
      /^NAME +STATUS +PID.*\nbox +running +\d+ +just now +\/.*\/box-state\n$/,
    );
    process.kill(await machines.pidOf('box'), 0);
  });

  it('are not started twice, nor removed', async () => {
    const again = await machines.lkit([...start, 'box']);
    assert.equal(again.exitCode, 1);
    assert.match(again.stderr, /box is running already/);
    const removed = await machines.lkit(['rm', 'box']);
    assert.equal(removed.exitCode, 2);
    assert.match(removed.stderr, /box is running \(process \d+\)\n.*lkit stop box/);
    const unknown = await machines.lkit(['stop', 'bix']);
    assert.deepEqual(
      [unknown.exitCode, unknown.stderr.split('\n')[0]],
      [2, 'lkit: there is no machine bix (did you mean "box"?)'],
    );
  });

  it('run commands: exit code, output and errors apart, arguments and input of any bytes', async () => {
    const failing = await machines.lkit(['exec', 'box', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7']);
    assert.deepEqual([failing.exitCode, String(failing.stdout), failing.stderr], [7, 'out\n', 'err\n']);
    const words = ['', ' a\n', `$(reboot)'"\\`, '*', 'żółw', '-s'];
    const echoed = await machines.output(['exec', 'box', '--', 'sh', '-c', 'printf "<%s>" "$@"', 'sh', ...words]);
    assert.equal(echoed, words.map((word) => `<${word}>`).join(''));
    const bytes = randomBytes(1_000_000);
    const { stdout } = await machines.lkit(['exec', 'box', '--', 'cat'], bytes);
    assert.ok(stdout.equals(bytes), `${stdout.length} of ${bytes.length} bytes came back`);
    const missing = await machines.lkit(['exec', 'box', '--', 'no-such-program']);
    assert.deepEqual([missing.exitCode, /no-such-program/.test(missing.stderr)], [127, true]);
    const ended = await machines.lkit(['exec', 'box', '--', 'sh', '-c', 'kill -TERM $$']);
    assert.equal(ended.exitCode, 143);
  });

  it('run commands in a service’s container, as its user', async () => {
    await machines.untilRuns('box', 'box');
    const inside = ['exec', 'box', '-s', 'box', '--', 'sh', '-c'];
    assert.equal(
      await machines.output(
        [...inside, 'echo $OWN; id -u; readlink /proc/self/cwd; cat; exit 0'],
        Buffer.from('\0\xff'),
      ),
      `of the container\n5\n/tmp\n${Buffer.from('\0\xff').toString('utf8')}`,
    );
    const failing = await machines.lkit([...inside, 'echo err >&2; exit 9']);
    assert.deepEqual([failing.exitCode, failing.stderr], [9, 'err\n']);
    await machines.output([...inside, '[ "$(cat /proc/self/cgroup)" = "$(cat /proc/1/cgroup)" ]']);
    const none = await machines.lkit(['exec', 'box', '-s', 'nobody', '--', 'true']);
    assert.deepEqual([none.exitCode, /there is no service nobody/.test(none.stderr)], [2, true]);
    const over = await machines.lkit(['exec', 'box', '-s', 'over', '--', 'true']);
    assert.deepEqual([over.exitCode, /the service over does not run/.test(over.stderr)], [1, true]);
  });

  it('run several at once, and end those whose time is over or whose lkit is gone', async () => {
    // Each waits for the others, so none could end if they ran one after another.
    const meet = 'until [ -e /tmp/at1 ] && [ -e /tmp/at2 ] && [ -e /tmp/at3 ]; do sleep 0.1; done';
    const three = await Promise.all([1, 2, 3].map((n) => sh(`touch /tmp/at${n}; ${meet}; echo ${n}`)));
    assert.deepEqual(three, ['1\n', '2\n', '3\n']);
    const late = await machines.lkit(['exec', 'box', '--timeout', '1s', '--', 'sh', '-c', 'sleep 1111 & sleep 2222']);
    assert.deepEqual([late.exitCode, /had not ended after 1 s and was killed/.test(late.stderr)], [1, true]);
    const child = startLkit(['exec', 'box', '--', 'sleep', '3333'], { cwd: machines.folder, env: machines.env });
    await sh('until ps | grep -q "[s]leep 3333"; do sleep 0.1; done');
    child.kill('SIGKILL');
    await sh('while ps | grep -qE "[s]leep (1111|2222|3333)$"; do sleep 0.1; done');
  });

  it('take and give files', async () => {
    const tree = path.join(machines.folder, 'tree');
    const long = `${'d'.repeat(90)}/${'e'.repeat(90)}`;
    await mkdir(path.join(tree, long), { recursive: true });
    const content = randomBytes(700_000);
    await writeFile(path.join(tree, 'żółw'), content);
    await writeFile(path.join(tree, long, 'run'), '#!/bin/sh\necho ran\n');
    await chmod(path.join(tree, long, 'run'), 0o750);
    await link(path.join(tree, 'żółw'), path.join(tree, 'again'));
    await symlink('../nowhere', path.join(tree, 'link'));
    await chmod(tree, 0o711);
    await machines.output(['cp', 'tree', 'box:/tmp']);
    assert.equal(
      await sh(`cd /tmp/tree; stat -c '%a %U' . ${long}/run; readlink link; ${long}/run; sha256sum <again`),
      `711 root\n750 root\n../nowhere\nran\n${createHash('sha256').update(content).digest('hex')}  -\n`,
    );
    await machines.output(['cp', 'box:/tmp/tree', 'back']);
    execFileSync('diff', ['-r', '--no-dereference', 'tree', 'back'], { cwd: machines.folder });
    assert.equal((await stat(path.join(machines.folder, 'back', long, 'run'))).mode & 0o7777, 0o750);
    await machines.output(['cp', 'box:/etc/hosts', '.']);
    assert.match(await readFile(path.join(machines.folder, 'hosts'), 'utf8'), /localhost/);
    const none = await machines.lkit(['cp', 'box:/none', '.']);
    assert.deepEqual(
      [none.exitCode, /cannot copy the guest's \/none: tar: none: No such file/.test(none.stderr)],
      [1, true],
    );
  });

  it('show what their consoles said, and say', async () => {
    assert.match(await machines.output(['logs', 'box']), /"poweroff" powers off/);
    const follower = startLkit(['logs', '-f', 'box'], { cwd: machines.folder, env: machines.env });
    let seen = '';
    follower.stdout.on('data', (chunk: Buffer) => (seen += String(chunk)));
    await sh('echo from afar >/dev/console');
    for (let waited = 0; !seen.includes('from afar') && waited < 5000; waited += 50) await sleep(50);
    follower.kill('SIGINT');
    assert.match(seen, /powers off"?[^]*from afar/);
  });

  it('have a console that one terminal at a time comes to and leaves again', async () => {
    const socket = path.join(machines.folder, 'tmux');
    const tmux = (...args: readonly string[]): string =>
      execFileSync('tmux', ['-S', socket, ...args], {
        encoding: 'utf8',
        cwd: machines.folder,
        env: { ...process.env, ...machines.env },
      });
    const screen = async (pattern: RegExp): Promise<void> => {
      let shown = '';
      for (let waited = 0; waited < 15_000; waited += 100) {
        shown = tmux('capture-pane', '-p', '-S', '-200');
        if (pattern.test(shown)) return;
        await sleep(100);
      }
      throw new Error(`no ${String(pattern)} in\n${shown}`);
    };
    tmux('new-session', '-d', '-x', '100', '-y', '50', 'sh');
    try {
      const program = `${process.execPath} ${path.join(root, 'dist/bin/lkit.js')}`;
      tmux('send-keys', `stty -g >before; ${program} console box; echo "left: $?"; stty -g >after; echo done`, 'Enter');
      await screen(/To leave: Ctrl-A, then D[^]*"poweroff" powers off/m);
      tmux('send-keys', 'echo $((6 * 7)) answers', 'Enter');
      await screen(/^42 answers$/m);
      const second = await machines.lkit(['console', 'box']);
      assert.deepEqual([second.exitCode, /its console is in use/.test(second.stderr)], [1, true]);
      tmux('send-keys', 'C-c');
      tmux('send-keys', 'C-a', 'd');
      await screen(/left box, which runs on[^]*left: 0[^]*^done$/m);
      const [before, after] = await Promise.all(
        ['before', 'after'].map((file) => readFile(path.join(machines.folder, file), 'utf8')),
      );
      assert.equal(after, before, 'the terminal was left in another state');
    } finally {
      tmux('kill-server');
    }
    assert.match(await machines.output(['ps']), /^box +running/m);
  });

  it('are known to be dead when they were killed, and start again with their disks', async () => {
    await sh('mke2fs -F /dev/vda >/dev/null && mount -t ext4 /dev/vda /mnt && echo kept >/mnt/file && umount /mnt');
    process.kill(await machines.pidOf('box'), 'SIGKILL');
    for (let waited = 0; (await machines.list())[0]?.running !== null && waited < 5000; waited += 100) await sleep(100);
    assert.match(await machines.output(['ps']), /^box +stopped +- /m);
    const gone = await machines.lkit(['exec', 'box', '--', 'true']);
    assert.deepEqual([gone.exitCode, /box is not running/.test(gone.stderr)], [1, true]);
    await machines.output([...start, '-disk', 'size=64M', 'box']);
    assert.equal(await sh('mount -t ext4 /dev/vda /mnt && cat /mnt/file'), 'kept\n');
  });

  it('shut down in order, and can be removed then', async () => {
    const before = performance.now();
    const { exitCode, stderr } = await machines.lkit(['stop', 'box']);
    assert.deepEqual([exitCode, stderr], [0, '']);
    assert.ok(performance.now() - before < 20_000);
    assert.match(await machines.output(['logs', 'box']), /\[farewell\] in order\r?$/m);
    assert.match((await machines.lkit(['stop', 'box'])).stderr, /box is not running/);
    await machines.output(['rm', 'box']);
    await assert.rejects(stat(path.join(machines.folder, 'box-state')), { code: 'ENOENT' });
    assert.equal(await machines.output(['ps']), 'NAME  STATUS  PID  STARTED  FOLDER\n');
  });

  it('run commands in containers of containerd, and end them', async () => {
    await others.untilRuns('task', 'box');
    const inside = ['exec', 'task', '-s', 'box', '--', 'sh', '-c'];
    const { exitCode, stdout, stderr } = await others.lkit(
      [...inside, 'echo $OWN; id -u; cat; echo err >&2; exit 9'],
      Buffer.from('in\n'),
    );
    assert.deepEqual([exitCode, String(stdout), stderr], [9, 'of the container\n5\nin\n', 'err\n']);
    const late = await others.lkit(['exec', 'task', '--timeout', '2s', '-s', 'box', '--', 'sleep', '4444']);
    assert.match(late.stderr, /had not ended after 2 s/);
    await others.output(['exec', 'task', '--', 'sh', '-c', '! ps | grep -q "[s]leep 4444"']);
  });
});

describe('lkit run --exit-code', function () {
  this.timeout(120_000);

  it('ends with the code that a program in the guest gives', async () => {
    const machines = await Machines.make();
    await machines.output(['build', '--name', 'exit', fixture('exit-code'), fixture('crun')]);
    const guest = new Guest(['qemu', '--exit-code', '-mem', '256', 'exit'], {
      cwd: machines.folder,
      env: machines.env,
    });
    try {
      // It is not known before it has started.
      await machines.until(['exec', 'exit', '--', 'true']);
      await machines.untilRuns('exit', 'judge');
      await machines.output(['exec', 'exit', '-s', 'judge', '--', 'test', '-w', '/run/lkit-exit']);
      const wrong = await machines.lkit(['exec', 'exit', '--', 'lkit-exit', 'well']);
      assert.deepEqual([wrong.exitCode, /a number from 0 to 255, not well/.test(wrong.stderr)], [2, true]);
      await machines.lkit(['exec', 'exit', '--', 'lkit-exit', '42']);
      assert.equal(await guest.ended(), 42);
    } finally {
      await guest.kill();
      await machines.remove();
    }
  });
});
