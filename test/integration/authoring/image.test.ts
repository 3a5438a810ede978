import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { type Finished, lkit, root } from '../../support/lkit.ts';
import { startEngine } from '../../support/docker-engine.ts';
import { PrivateRegistry, skopeo } from '../../support/registry.ts';
import { elfProgram } from '../../unit/source/elf-program.ts';
import { type Guest, makeGuest } from '../bundle/support.ts';

const greeting = 'Hello from a container of one program.';

/** `hello` of examples/hellocontainer, which ends after its greeting, in both ways to link it. */
async function compile(folder: string): Promise<void> {
  const source = await readFile(path.join(root, 'examples/hellocontainer/hello.c'), 'utf8');
  await writeFile(path.join(folder, 'hello.c'), source.replace('for (;;) pause();', 'return 0;'));
  const gcc = (name: string, ...flags: readonly string[]) =>
    execa('gcc', ['-Os', '-s', ...flags, '-o', name, 'hello.c'], { cwd: folder });
  await Promise.all([gcc('hello', '-static'), gcc('dynamic')]);
}

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries.filter((each) => each.isFile()).map((each) => stat(path.join(each.parentPath, each.name))),
  );
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

describe('lkit image', function () {
  this.timeout(60_000);
  let folder = '';
  let guest: Guest;
  const inFolder = (name: string): string => path.join(folder, name);

  const image = (...args: readonly string[]): Promise<Finished> =>
    lkit(['image', ...args], { cwd: folder, env: { LKIT_CACHE: inFolder('cache') } });
  async function done(...args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await image(...args);
    assert.equal(exitCode, 0, stderr);
    return stdout;
  }
  async function refused(expected: RegExp, ...args: readonly string[]): Promise<void> {
    const { exitCode, stderr } = await image(...args);
    assert.equal(exitCode, 2, stderr);
    assert.match(stderr, expected);
    assert.doesNotMatch(stderr, /\n\s+at /);
  }
  /** What a runtime prints that runs an unpacked bundle. */
  async function run(runtime: 'runc' | 'crun', bundle: string): Promise<string> {
    const { exitCode, stdout, stderr } = await guest.run(`${runtime} run -b ${inFolder(bundle)} lkit-${process.pid}`);
    assert.equal(exitCode, 0, stderr);
    return stdout;
  }

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lkit-image-'));
    guest = await makeGuest();
    await compile(folder);
    await done('create', '--binary', 'hello', '--entrypoint', '/hello', 'oci:made:latest');
  });
  after(async () => {
    await guest.remove();
    await rm(folder, { recursive: true });
  });

  it('makes an image of a program, little larger than the program compressed', async () => {
    const compressed = gzipSync(await readFile(inFolder('hello')), { level: 9 }).length;
    const size = await bytesBelow(inFolder('made'));
    assert.ok(size - compressed <= 12 << 10, `${size} bytes, ${size - compressed} more than the program`);
  });

  it('makes the same image again, whoever and wherever', async () => {
    await mkdir(inFolder('elsewhere'));
    await copyFile(inFolder('hello'), inFolder('elsewhere/hello'));
    await done('create', '--binary', 'elsewhere/hello', '--entrypoint', '/hello', 'oci:again:latest');
    const [one, other] = await Promise.all(
      ['made', 'again'].map((each) => readFile(path.join(folder, each, 'index.json'), 'utf8')),
    );
    assert.equal(one, other);
  });

  it('makes one that skopeo and umoci read, and crun and runc run', async () => {
    const inspected = JSON.parse(await skopeo('inspect', `oci:${inFolder('made')}:latest`)) as {
      readonly Architecture: string;
    };
    assert.equal(inspected.Architecture, { x64: 'amd64', arm64: 'arm64' }[process.arch as string]);
    await execa('umoci', ['unpack', '--image', `${inFolder('made')}:latest`, inFolder('by-umoci')]);
    assert.deepEqual(await readdir(inFolder('by-umoci/rootfs')), ['hello']);
    await done('unpack', 'oci:made', 'bundle');
    for (const runtime of ['runc', 'crun'] as const) assert.equal((await run(runtime, 'bundle')).trim(), greeting);
  });

  for (const [platform, program] of Object.entries({
    'linux/386': elfProgram(32, 3),
    'linux/arm/v5': elfProgram(32, 40, { cpu: 4 }),
    'linux/arm/v6': elfProgram(32, 40, { cpu: 6 }),
    'linux/arm/v7': elfProgram(32, 40, { cpu: 10 }),
    'linux/riscv64': elfProgram(64, 243),
    'linux/s390x': undefined,
  })) {
    it(`reads back what it made for ${platform}, whatever this host is`, async () => {
      const name = platform.replaceAll('/', '-');
      await mkdir(inFolder(`${name}.tree/bin`), { recursive: true });
      await writeFile(inFolder(`${name}.tree/bin/program`), program ?? 'of a machine that lkit knows nothing of');
      const which = program === undefined ? ['--platform', platform] : [];
      await done('create', '--rootfs', `${name}.tree`, ...which, `oci:${name}`);
      const is = new RegExp(`^platform +${platform}$`, 'm');
      assert.match(await done('inspect', `oci:${name}`), is);
      assert.match(await done('inspect', '--arch', platform, `oci:${name}`), is);
      assert.match(await done('ls', `oci:${name}`), / bin\/program$/m);
      await done('config', '--env', 'A=1', `oci:${name}`, `docker-archive:${name}.tar:program:1`);
      await done('copy', `docker-archive:${name}.tar`, `oci-archive:${name}.oci.tar:program:1`);
      await done(
        'append',
        '--layer',
        `${name}.tree`,
        '--at',
        '/src',
        `oci-archive:${name}.oci.tar`,
        `oci:${name}-more`,
      );
      assert.match(await done('inspect', `oci:${name}-more`), is);
      assert.match(await done('ls', `oci:${name}-more`), / src\/bin\/program$/m);
      await refused(/is for .*, but the system is for ppc64le/, 'inspect', '--arch', 'ppc64le', `oci:${name}`);
      if (program !== undefined) assert.match(await done('inspect', `rootfs:${name}.tree`), is);
    });
  }

  it('takes libraries along for a program that needs them, and says so where it may not', async () => {
    await refused(
      /dynamic is linked dynamically: it needs \/lib.*, libc\.so\.6/,
      'create',
      '--binary',
      'dynamic',
      'oci:d',
    );
    await done('create', '--binary', 'dynamic', '--with-libs', 'oci:with-libraries');
    await done('unpack', 'oci:with-libraries', 'dynamic-bundle');
    assert.equal((await run('crun', 'dynamic-bundle')).trim(), greeting);
  });

  it('makes an image of a root file system, in any compression', async () => {
    await mkdir(inFolder('tree/etc'), { recursive: true });
    await copyFile(inFolder('hello'), inFolder('tree/init'));
    await writeFile(inFolder('tree/etc/passwd'), 'web:x:33:34::/:/init\n');
    await execa('tar', ['-C', inFolder('tree'), '--mtime=@0', '-cJf', inFolder('tree.tar.xz'), '.']);
    await execa('tar', ['-C', inFolder('tree'), '--mtime=@0', '--zstd', '-cf', inFolder('tree.tar.zst'), '.']);
    for (const source of ['tree', 'tree.tar.xz', 'tree.tar.zst']) {
      await done('create', '--force', '--rootfs', source, '--cmd', '/init', '--user', 'web', 'oci:system');
      await done('unpack', '--force', 'oci:system', 'system-bundle');
      const spec = JSON.parse(await readFile(inFolder('system-bundle/config.json'), 'utf8')) as {
        readonly process: { readonly user: object };
      };
      assert.deepEqual(spec.process.user, { uid: 33, gid: 34 });
      assert.equal((await run('runc', 'system-bundle')).trim(), greeting);
    }
    const files = await done('ls', 'oci:system');
    assert.match(files, /^-rwxr-xr-x 0\/0 +\d+ init$/m);
  });

  it('makes what a user has unpacked root’s', async () => {
    await mkdir(inFolder('mine'));
    await copyFile(inFolder('hello'), inFolder('mine/hello'));
    await mkdir(inFolder('user'));
    await execa('chown', ['-R', '65534:65534', inFolder('mine'), inFolder('user')]);
    await execa('chmod', ['755', folder]);
    const main = path.join(root, 'dist/bin/lkit.js');
    const args = ['image', 'create', '--rootfs', inFolder('mine'), `oci:${inFolder('user/image')}`];
    await execa('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, main, ...args], {
      cwd: inFolder('user'),
      env: { LKIT_CACHE: inFolder('user/cache'), HOME: inFolder('user') },
    });
    assert.match(await done('ls', 'oci:user/image'), /^-rwxr-xr-x 0\/0 +\d+ hello$/m);
  });

  it('changes a configuration and leaves the layers alone', async () => {
    const flags = ['--env', 'A=1', '--label', 'a=b', '--annotation', 'c=d', '--expose', '80', '--workdir', '/w'];
    await done(
      'config',
      ...flags,
      '--author',
      'Ada',
      '--stop-signal',
      'INT',
      '--volume',
      '/v',
      'oci:made',
      'oci:changed',
    );
    type Inspected = {
      readonly manifest: { layers: object[]; annotations: object };
      readonly config: { author: string; config: object };
    };
    const inspect = async (name: string) => JSON.parse(await done('inspect', '--json', name)) as Inspected;
    const [before, after] = [await inspect('oci:made'), await inspect('oci:changed')];
    assert.deepEqual(after.manifest.layers, before.manifest.layers);
    assert.deepEqual(after.manifest.annotations, { c: 'd' });
    assert.equal(after.config.author, 'Ada');
    assert.deepEqual(after.config.config, {
      ...before.config.config,
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'A=1'],
      ...{ Labels: { a: 'b' }, ExposedPorts: { '80/tcp': {} }, Volumes: { '/v': {} } },
      ...{ WorkingDir: '/w', StopSignal: 'SIGINT' },
    });
    assert.match(await done('inspect', 'oci:changed'), /^platform +linux\/.*^label +a=b.*^layer +sha256:/ms);
  });

  it('keeps what another tool wrote into a configuration', async () => {
    await cp(inFolder('made'), inFolder('odd'), { recursive: true });
    await execa('umoci', ['config', '--image', `${inFolder('odd')}:latest`, '--tag', 'odd', '--config.label', 'x=y']);
    await done('append', '--layer', 'tree', '--at', '/srv/tree', 'oci:odd:odd', 'oci:appended');
    assert.match(await done('inspect', 'oci:appended'), /^label +x=y$/m);
    const { exitCode, stdout } = await image('diff', 'oci:made', 'oci:appended');
    assert.equal(exitCode, 1);
    assert.deepEqual(stdout.trim().split('\n'), [
      ...['A /srv', 'A /srv/tree', 'A /srv/tree/etc', 'A /srv/tree/etc/passwd', 'A /srv/tree/init'],
    ]);
    assert.equal(await done('diff', 'oci:made', 'oci:made'), '');
  });

  it('copies between archives, a registry and the store', async () => {
    const registry = await PrivateRegistry.start();
    try {
      const name = `${registry.host}/hello:1`;
      await done('copy', 'oci:made', 'oci-archive:made.tar:hello:1');
      await done('copy', 'oci-archive:made.tar', 'docker-archive:docker.tar:hello:1');
      await done('copy', 'docker-archive:docker.tar', `docker://${name}`);
      await done('copy', name, 'store:hello:stored');
      await done('copy', '--pull', 'never', 'hello:stored', 'oci:copied:1');
      await skopeo('copy', '--src-tls-verify=false', `docker://${name}`, `docker-archive:${inFolder('by-skopeo.tar')}`);
      await skopeo('copy', `oci-archive:${inFolder('made.tar')}`, `oci:${inFolder('by-skopeo')}`);
      await done('unpack', 'docker-archive:by-skopeo.tar', 'copied-bundle');
      assert.equal((await run('crun', 'copied-bundle')).trim(), greeting);
      assert.equal(await done('diff', 'oci:made', 'oci:copied:1'), '');
    } finally {
      await registry.stop();
    }
  });

  it('gives podman archives that it loads and runs', async () => {
    await mkdir(inFolder('podman'));
    // Without a network, limits or control groups of its own, which a host that is a container itself does not give.
    const store = `--root ${inFolder('podman/root')} --runroot ${inFolder('podman/run')} --storage-driver vfs`;
    const podman = `podman ${store} --cgroup-manager cgroupfs --events-backend file --runtime crun`;
    const limits = '--network none --cgroups disabled --ulimit nofile=1024:1024 --ulimit nproc=1000:1000';
    for (const transport of ['oci-archive', 'docker-archive']) {
      const [archive, name] = [inFolder(`podman/${transport}.tar`), `example.org/${transport}:1`];
      await done('copy', 'oci:made', `${transport}:${archive}:${name}`);
      const { exitCode, stdout, stderr } = await guest.run(
        `${podman} load -q -i ${archive}\n${podman} run --rm --pull never ${limits} ${name}`,
      );
      assert.equal(exitCode, 0, stderr);
      assert.equal(stdout.trim(), `Loaded image: ${name}\n${greeting}`);
    }
  });

  it('gives Docker’s engine what it runs, and containerd what it imports', async () => {
    const engine = await startEngine(inFolder('engine'));
    const containerd = spawn(
      'containerd',
      [
        ...['--root', inFolder('containerd'), '--state', inFolder('containerd-state')],
        ...['--address', inFolder('containerd.sock')],
      ],
      { stdio: 'ignore' },
    );
    try {
      const { exitCode, stderr } = await lkit(['image', 'copy', 'oci:made', 'docker-daemon:hello:1'], {
        cwd: folder,
        env: { LKIT_CACHE: inFolder('cache'), DOCKER_HOST: `unix://${inFolder('engine/docker.sock')}` },
      });
      assert.equal(exitCode, 0, stderr);
      const chunks: Buffer[] = [];
      const { Writable } = await import('node:stream');
      const output = new Writable({
        write(chunk: Buffer, _encoding, next) {
          chunks.push(chunk);
          next();
        },
      });
      const settings = { HostConfig: { NetworkMode: 'host', AutoRemove: true }, Tty: true };
      await engine.docker.run('hello:1', [], output, settings);
      assert.equal(Buffer.concat(chunks).toString().trim(), greeting);

      const ctr = (...args: readonly string[]) => execa('ctr', ['--address', inFolder('containerd.sock'), ...args]);
      for (
        let tries = 0;
        tries < 100 && (await stat(inFolder('containerd.sock')).catch(() => undefined)) === undefined;
        tries++
      ) {
        await sleep(100);
      }
      await done('copy', '--force', 'oci:made', 'oci-archive:for-ctr.tar:example.org/hello:1');
      await ctr('image', 'import', '--no-unpack', inFolder('for-ctr.tar'));
      assert.match((await ctr('image', 'ls', '-q')).stdout, /^example\.org\/hello:1$/m);
    } finally {
      await engine.stop();
      const ended = once(containerd, 'close');
      containerd.kill();
      await ended;
    }
  });

  it('refuses what cannot become an image, and writes nothing then', async () => {
    await writeFile(inFolder('text'), 'no program\n');
    await refused(/text is not a program for Linux/, 'create', '--binary', 'text', 'oci:bad');
    await refused(/cannot read gone: there is no such file/, 'create', '--binary', 'gone', 'oci:bad');
    await refused(
      /hello is for linux\/\w+, not for linux\/riscv64/,
      ...['create', '--binary', 'hello', '--platform'],
      'riscv64',
      'oci:bad',
    );
    await refused(/is made of a program or a root file system/, 'create', 'oci:bad');
    await refused(/two ways to say/, 'create', '--binary', 'hello', '--rootfs', 'tree', 'oci:bad');
    await refused(/does not say where to write/, 'create', '--binary', 'hello', 'bad');
    await refused(/"x" is not a port/, 'create', '--binary', 'hello', '--expose', 'x', 'oci:bad');
    await refused(/text is no tar archive/, 'create', '--rootfs', 'text', 'oci:bad');
    await refused(/bundle is there already/, 'unpack', 'oci:made', 'bundle');
    await refused(/another image called "latest"/, 'create', '--binary', 'dynamic', '--with-libs', 'oci:made');
    await refused(/tree is there already, and is not an OCI image layout/, 'copy', 'oci:made', 'oci:tree');
    await refused(/hello\.c is there already/, 'copy', 'oci:made', 'oci-archive:hello.c');
    const names = await readdir(folder);
    assert.deepEqual(
      names.filter((name) => name === 'bad' || name.endsWith('.tmp')),
      [],
    );
    const { exitCode, stderr } = await image('copy', 'oci:made', 'oci-archive:nowhere/at/all.tar');
    assert.equal(exitCode, 1);
    assert.match(stderr, /cannot write nowhere\/at\/all\.tar/);
  });

  it('keeps the paths of a hostile archive inside the image', async () => {
    await execa('tar', ['-C', folder, '-P', '--transform=s,^,../../,', '-cf', inFolder('hostile.tar'), 'hello']);
    await done('create', '--rootfs', 'hostile.tar', 'oci:hostile');
    const files = (await done('ls', 'oci:hostile')).trim().split('\n');
    assert.deepEqual(
      files.map((line) => line.split(' ').at(-1)),
      ['', 'hello'],
    );
  });
});
