import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { connectEngine, type EngineEnvironment, EngineError, engineProvider } from '../../../pkg/engine/index.ts';
import { exportImage, inspectImage } from '../../../pkg/engine/images.ts';
import { type Engine, startEngine } from '../../support/docker-engine.ts';

describe('a container engine', function () {
  this.timeout(60_000);
  let scratch: string;
  let daemon: Engine;
  let socket: string;
  const servers: net.Server[] = [];

  before(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'lkit-engine-'));
    daemon = await startEngine(path.join(scratch, 'engine'));
    socket = path.join(scratch, 'engine/docker.sock');
  });
  after(async () => {
    for (const server of servers) server.close();
    await daemon.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  /** Passes connections on to the engine's socket; gives the port. */
  async function forward(server: net.Server, event: 'connection' | 'secureConnection'): Promise<number> {
    server.on(event, (from: net.Socket) => {
      const to = net.connect(socket);
      from.pipe(to).pipe(from);
      from.on('error', () => to.destroy());
      to.on('error', () => from.destroy());
    });
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  }

  async function answers(env: EngineEnvironment): Promise<void> {
    const engine = await connectEngine(env);
    assert.match(engine.version, /^Docker \d+\./);
    assert.equal(engine.hasBuildKit, true);
    assert.equal(await inspectImage(engine, 'nothing:1'), undefined);
  }

  async function refusal(env: EngineEnvironment): Promise<EngineError> {
    const error: unknown = await connectEngine(env).catch((reason: unknown) => reason);
    assert.ok(error instanceof EngineError, String(error));
    return error;
  }

  it('is reached by its socket, and by TCP', async () => {
    await answers({ DOCKER_HOST: `unix://${socket}` });
    await answers({ DOCKER_HOST: `tcp://127.0.0.1:${await forward(net.createServer(), 'connection')}` });
  });

  it('is reached by TLS, each side proving who it is', async () => {
    const folder = path.join(scratch, 'certificates');
    await mkdir(folder);
    const openssl = (...args: readonly string[]): void => {
      execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
    };
    const request = ['req', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
    openssl(...request, '-x509', '-keyout', 'ca-key.pem', '-out', 'ca.pem', '-subj', '/CN=ca');
    await writeFile(path.join(folder, 'names'), 'subjectAltName=IP:127.0.0.1');
    for (const name of ['cert', 'server']) {
      const key = name === 'cert' ? 'key.pem' : 'server-key.pem';
      openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', 'request.pem', '-subj', `/CN=${name}`);
      const sign = ['x509', '-req', '-in', 'request.pem', '-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial'];
      openssl(...sign, '-days', '2', '-extfile', 'names', '-out', `${name}.pem`);
    }
    const read = (name: string): Promise<Buffer> => readFile(path.join(folder, name));
    const [key, cert, ca] = await Promise.all([read('server-key.pem'), read('server.pem'), read('ca.pem')]);
    const server = tls.createServer({ key, cert, ca, requestCert: true, rejectUnauthorized: true });
    const DOCKER_HOST = `tcp://127.0.0.1:${await forward(server, 'secureConnection')}`;
    await answers({ DOCKER_HOST, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder });

    // Another authority's engine is none.
    const other = path.join(scratch, 'other');
    await mkdir(other);
    execFileSync('cp', [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem'), other]);
    execFileSync('openssl', [...request, '-x509', '-keyout', 'x.pem', '-out', 'ca.pem', '-subj', '/CN=other'], {
      cwd: other,
      stdio: 'ignore',
    });
    const refused = await refusal({ DOCKER_HOST, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: other });
    assert.equal(refused.code, 'no-engine');
    assert.match(refused.message, /certificate/);
    const missing = await refusal({ DOCKER_HOST, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: scratch });
    assert.equal(missing.code, 'bad-address');
    assert.match(`${missing.message} ${missing.hint ?? ''}`, /cannot read .*ca\.pem.*DOCKER_CERT_PATH/);
  });

  it('is reached by ssh, and ssh’s own complaint is passed on', async () => {
    const folder = path.join(scratch, 'bin');
    await mkdir(folder);
    const { PATH } = process.env;
    const ssh = async (script: string): Promise<void> => {
      await writeFile(path.join(folder, 'ssh'), `#!/bin/sh\n${script}\n`);
      await chmod(path.join(folder, 'ssh'), 0o755);
    };
    process.env['PATH'] = `${folder}:${PATH ?? ''}`;
    try {
      await ssh(`echo "$@" >${scratch}/arguments; exec docker --host unix://${socket} system dial-stdio`);
      await answers({ DOCKER_HOST: 'ssh://me@build.test:2222' });
      const args = await readFile(path.join(scratch, 'arguments'), 'utf8');
      assert.match(args, /-l me -p 2222 -- build\.test docker system dial-stdio/);
      await ssh('echo "me@build.test: Permission denied (publickey)." >&2; exit 255');
      assert.match((await refusal({ DOCKER_HOST: 'ssh://me@build.test' })).message, /Permission denied \(publickey\)/);
    } finally {
      process.env['PATH'] = PATH;
    }
  });

  it('is missing: what was tried is said, and what to do', async () => {
    const refused = await refusal({ DOCKER_HOST: `unix://${scratch}/nothing.sock` });
    assert.deepEqual([refused.code, refused.kind], ['no-engine', 'environment']);
    assert.match(refused.message, /nothing\.sock: there is no such socket/);
    assert.match(refused.hint ?? '', /Start Docker or Podman, or install it/);
    assert.match((await refusal({ DOCKER_HOST: 'tcp://127.0.0.1:1' })).message, /nothing listens there/);
    const silent = net.createServer((from) => from.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'));
    servers.push(silent);
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    assert.equal((await refusal({ DOCKER_HOST: `tcp://127.0.0.1:${port}` })).code, 'no-engine');
  });

  it('says what it cannot export', async () => {
    const engine = await engineProvider({ DOCKER_HOST: `unix://${socket}` })();
    await assert.rejects(async () => {
      for await (const chunk of exportImage(engine, 'nothing:1')) assert.fail(String(chunk));
    }, /cannot export the image nothing:1: .*(No such image|not found|does not exist)/i);
  });
});
