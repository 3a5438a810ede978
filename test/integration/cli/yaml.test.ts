import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { labels } from '../../../pkg/image/index.ts';
import { type Finished, lkit, root, startLkit, withTempDir } from '../../support/lkit.ts';
import { rawTar } from '../../unit/archive/raw-tar.ts';
import { writeSmallSystem } from '../cache/small-system.ts';
import { writeLayout } from '../image/oci-layout.ts';

const base = 'kernel:\n  image: pkg:kernel\n  cmdline: console=ttyS0\ninit:\n  - pkg:init\n  - pkg:crun\n';
const services = 'services:\n  - name: hello\n    image: pkg:hello_world\n    env: [GREETING=hi]\n';

/** Runs `lkit ARGS` with text on its standard input. */
async function piped(text: string, args: readonly string[], cwd: string): Promise<Finished> {
  const child = startLkit(args, { cwd });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  child.stdin.end(text);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, stdout, stderr };
}

/** A server that has one file, `/system.yml`, and as a proxy, every host's `/system.yml`. */
async function serving<T>(text: string, use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer((request, response) => {
    response.statusCode = new URL(request.url!, 'http://here').pathname === '/system.yml' ? 200 : 404;
    response.end(response.statusCode === 200 ? text : 'nothing here');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}

describe('YAML on the command line', function () {
  this.timeout(180_000);

  it('is merged from several files, in order, and printed with what each image is: --dry-run', async () => {
    await withTempDir(async (folder) => {
      await writeFile(path.join(folder, 'a.yml'), base);
      await writeFile(path.join(folder, 'b.yml'), `kernel:\n  cmdline: quiet\n${services}`);
      const { exitCode, stdout, stderr } = await lkit(['build', '--dry-run', 'a.yml', 'b.yml'], { cwd: folder });
      assert.equal(exitCode, 0, stderr);
      assert.match(stdout, /^ {2}image: pkg:kernel@sha256:[0-9a-f]{64}$/m);
      assert.match(stdout, /^ {2}cmdline: quiet$/m);
      assert.match(stdout, /^ {2}- pkg:init@sha256:[0-9a-f]{64}\n {2}- pkg:crun@sha256:[0-9a-f]{64}$/m);
      assert.match(stdout, /^ {4}image: pkg:hello_world@sha256:[0-9a-f]{64}$/m);
      assert.match(stdout, /GREETING=hi/);
      assert.deepEqual((await readdir(folder)).sort(), ['a.yml', 'b.yml']);
      assert.equal((await piped(stdout, ['validate', '-'], folder)).exitCode, 0);
    });
  });

  it('comes from standard input and from a web server', async () => {
    await serving(services, async (url) => {
      await withTempDir(async (folder) => {
        const args = ['build', '--dry-run', '-', `${url}/system.yml`];
        const { exitCode, stdout, stderr } = await piped(base, args, folder);
        assert.equal(exitCode, 0, stderr);
        assert.match(stdout, /pkg:init@sha256:[^]*pkg:hello_world@sha256:/);
      });
    });
  });

  it('names a web server that does not have it, or is not there', async () => {
    await serving('', async (url) => {
      const { exitCode, stderr } = await lkit(['validate', `${url}/other.yml`]);
      assert.equal(exitCode, 2);
      assert.equal(stderr, `${url}/other.yml:1:1: cannot read ${url}/other.yml: the server answered 404 Not Found\n`);
    });
    const { exitCode, stderr } = await lkit(['validate', 'http://127.0.0.1:1/system.yml']);
    assert.notEqual(exitCode, 0);
    assert.match(
      stderr,
      /^http:\/\/127\.0\.0\.1:1\/system\.yml:1:1: .*: cannot reach 127\.0\.0\.1:1: nobody listens there/,
    );
  });

  it('comes through the proxy that the environment names, unless it names the host as well', async () => {
    await serving(base, async (proxy) => {
      const url = 'http://files.example.invalid/system.yml';
      const env = { http_proxy: proxy, no_proxy: '' };
      const { exitCode, stderr } = await lkit(['validate', url], { env });
      assert.equal(exitCode, 0, stderr);
      const direct = await lkit(['validate', url], { env: { ...env, no_proxy: 'example.invalid' } });
      assert.equal(direct.exitCode, 2);
      assert.match(direct.stderr, /cannot reach files\.example\.invalid: there is no host of that name/);
    });
  });

  it('names `-` and the place in what came in', async () => {
    const { exitCode, stderr } = await piped('kernel:\n  imge: x\n', ['build', '-'], root);
    assert.equal(exitCode, 2);
    assert.match(stderr, /^<stdin>:2:3: .*"imge"/m);
    assert.match(stderr, /did you mean "image"/i);
  });

  it('is shown where it contradicts an image, which only the build can know', async () => {
    await withTempDir(async (folder) => {
      const text = `${base}services:\n  - name: hello\n    image: pkg:hello_world\n    hostname: box\n`;
      await writeFile(path.join(folder, 'a.yml'), text);
      const { exitCode, stderr } = await lkit(['build', 'a.yml'], { cwd: folder });
      assert.equal(exitCode, 2);
      assert.equal(
        stderr,
        'lkit: a.yml:10:5: service "hello": hostname: the host\'s name is not the container\'s to set\n' +
          '   10 |     hostname: box\n      |     ^\n  Add "uts: new".\n',
      );
    });
  });

  it('is shown wherever it contradicts an image: every place at once, in order, with what stands there', async () => {
    await withTempDir(async (folder) => {
      await writeSmallSystem(folder);
      const imageOf = async (name: string, label: object): Promise<void> => {
        const Labels = { [labels.mobyConfig]: JSON.stringify(label) };
        await writeLayout(path.join(folder, name), [rawTar([])], { config: { Cmd: ['/bin/app'], Labels } });
      };
      await imageOf('router', { net: 'new', sysctl: { 'net.ipv4.ip_forward': '1' }, binds: ['date:/srv'] });
      await imageOf('admin', { capabilities: ['all'], binds: ['/dev:/dev'] });
      const yaml = [
        'init: [oci:init]',
        'services:',
        '  - name: first',
        '    image: oci:router',
        '    net: host',
        '    hostname: box',
        '  - name: second',
        '    image: oci:admin',
        '    capabilities.add: [CAP_KILL]',
        'onboot:',
        '  - {name: early, image: oci:web, rootfsPropagation: shared, userns: new}',
        'volumes: [{name: data}]',
      ];
      await writeFile(path.join(folder, 'a.yml'), `${yaml.join('\n')}\n`);
      const { exitCode, stderr } = await lkit(['build', 'a.yml'], { cwd: folder });
      assert.equal(exitCode, 2);
      const image = 'The value comes from the image: its configuration or its label org.mobyproject.config.';
      const lines = (start: number, column: number): string =>
        `${String(start).padStart(5)} | ${yaml[start - 1]!}\n      | ${' '.repeat(column - 1)}^\n`;
      assert.equal(
        stderr,
        'lkit: a.yml:3:5: service "first": binds: there is no volume "date"\n' +
          `${lines(3, 5)}  Did you mean "data"? ${image}\n` +
          'lkit: a.yml:5:5: service "first": sysctl: net.ipv4.ip_forward would change the host\'s setting\n' +
          `${lines(5, 5)}  Add "net: new". ${image}\n` +
          'lkit: a.yml:6:5: service "first": hostname: the host\'s name is not the container\'s to set\n' +
          `${lines(6, 5)}  Add "uts: new".\n` +
          'lkit: a.yml:9:5: service "second": capabilities: "all" stands among other capabilities\n' +
          `${lines(9, 5)}  "all" must be the only element of the list. ${image}\n` +
          'lkit: a.yml:11:62: onboot container "early": userns: a new user namespace needs id mappings\n' +
          `${lines(11, 62)}  Add uidMappings and gidMappings, which tell whose ids the ones in the container are.\n`,
      );
    });
  });

  it('is told of every label that is wrong', async () => {
    await withTempDir(async (folder) => {
      await writeSmallSystem(folder);
      for (const [name, label] of Object.entries({ a: '{"nett": "new"}', b: '{"readonly": "yes", "uid": -1}' })) {
        const config = { Cmd: ['/bin/app'], Labels: { [labels.mobyConfig]: label } };
        await writeLayout(path.join(folder, name), [rawTar([])], { config });
      }
      const services = ['a', 'b', 'a'].map((name, index) => `{name: s${index}, image: "oci:${name}"}`);
      await writeFile(path.join(folder, 'c.yml'), `init: [oci:init]\nservices: [${services.join(', ')}]\n`);
      const { exitCode, stderr } = await lkit(['build', 'c.yml'], { cwd: folder });
      assert.equal(exitCode, 2);
      const label = 'label org.mobyproject.config of oci';
      assert.equal(
        stderr,
        `lkit: ${label}:a:1:2: unknown key "nett" in label (did you mean "net"?)\n` +
          `lkit: ${label}:b:1:14: "readonly" must be true or false, not the text "yes": write true\n` +
          `${label}:b:1:28: "uid" must be a number from 0 to 4294967294, not -1\n`,
      );
    });
  });

  it('finds packages beside the file that names them', async () => {
    await withTempDir(async (folder) => {
      await mkdir(path.join(folder, 'system'));
      await writeFile(path.join(folder, 'system/a.yml'), `${base}services:\n  - {name: own, image: "@pkg:./own"}\n`);
      const { exitCode, stderr } = await lkit(['build', 'system/a.yml'], { cwd: folder });
      assert.equal(exitCode, 2);
      assert.match(stderr, new RegExp(`there is no folder ${path.join(folder, 'system/own')}`));
    });
  });
});

describe('lkit validate', function () {
  this.timeout(30_000);

  it('reports every error of every file at once, in order, and ends with 2', async () => {
    await withTempDir(async (folder) => {
      await writeFile(path.join(folder, 'one.yml'), 'kernel:\n  image: 5\nservices:\n  - image: x\n');
      await writeFile(path.join(folder, 'fine.yml'), base);
      await writeFile(path.join(folder, 'two.yml'), 'init: [pkg:init]\ninits: []\n');
      const args = ['validate', 'one.yml', 'absent.yml', 'fine.yml', 'two.yml'];
      const { exitCode, stdout, stderr } = await lkit(args, { cwd: folder });
      assert.equal(exitCode, 2);
      assert.equal(stdout, '');
      const places = [...stderr.matchAll(/^(\w+\.yml:\d+:\d+): /gm)].map((match) => match[1]);
      assert.deepEqual(places, ['one.yml:2:10', 'one.yml:4:5', 'absent.yml:1:1', 'two.yml:2:1']);
      assert.match(stderr, /^absent\.yml:1:1: cannot read absent\.yml: there is no such file$/m);
    });
  });

  it('writes JSON for editors, and annotations for GitHub, to standard output', async () => {
    await withTempDir(async (folder) => {
      await writeFile(path.join(folder, 'a.yml'), 'init: [pkg:init]\ninits: []\n');
      await writeFile(path.join(folder, 'b.yml'), `${services}    binds: ["declared-elsewhere:/data"]\n`);
      const json = await lkit(['validate', '--json', 'a.yml'], { cwd: folder });
      assert.equal(json.exitCode, 2);
      const [first] = JSON.parse(json.stdout) as readonly { readonly file: string; readonly line: number }[];
      assert.deepEqual([first?.file, first?.line], ['a.yml', 2]);
      const absent = await lkit(['validate', '--json', '--merge', 'absent.yml', 'b.yml'], { cwd: folder });
      assert.equal(absent.exitCode, 2);
      const found = JSON.parse(absent.stdout) as readonly { readonly file: string; readonly code: string }[];
      assert.deepEqual(
        found.map(({ file, code }) => [file, code]),
        [['absent.yml', 'unreadable']],
      );
      const github = await lkit(['validate', '--format', 'github', 'a.yml'], { cwd: folder });
      assert.match(github.stdout, /^::error file=a\.yml,line=2,col=1,.*::/);
    });
  });

  it('does not wait for the end of what has none', async () => {
    const { exitCode, stderr } = await lkit(['validate', '/dev/zero']);
    assert.deepEqual([exitCode, stderr], [2, '/dev/zero:1:1: cannot read /dev/zero: it is longer than 16 MiB\n']);
    const child = startLkit(['validate', '-']);
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
    child.stdin.on('error', () => undefined);
    const write = (): void => {
      while (child.stdin.writable && child.stdin.write('y: y\n'.repeat(10_000)));
    };
    child.stdin.on('drain', write);
    write();
    const [code] = (await once(child, 'close')) as [number | null];
    assert.deepEqual([code, said], [2, '-:1:1: cannot read standard input: it is longer than 16 MiB\n']);
  });

  it('lets `trust` pass, and says that it has no effect', async () => {
    const { exitCode, stderr } = await piped(`${base}trust:\n  org: [linuxkit]\n`, ['validate', '-'], root);
    assert.equal(exitCode, 0);
    assert.match(stderr, /<stdin>:7:1: .*trust.*no effect/);
  });

  it('accepts the examples', async () => {
    const examples = (await readdir(path.join(root, 'examples'))).filter((name) => /^[^.]+\.yml$/.test(name));
    const { exitCode, stderr } = await lkit(['validate', ...examples.map((name) => `examples/${name}`)]);
    assert.equal(exitCode, 0, stderr);
    assert.ok(examples.length > 1);
  });
});
