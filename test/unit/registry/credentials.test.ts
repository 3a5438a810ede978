import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseCredentialFile } from '../../../pkg/registry/credentials/file.ts';
import { askHelper } from '../../../pkg/registry/credentials/helper.ts';
import { canonicalKey, keysFor } from '../../../pkg/registry/credentials/key.ts';
import { credentialFiles, hostCredentials } from '../../../pkg/registry/credentials/source.ts';
import type { RegistryError } from '../../../pkg/registry/index.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('keys of logins', () => {
  it('are one for all forms that tools have written', () => {
    for (const key of [
      'docker.io',
      'index.docker.io',
      'https://index.docker.io/v1/',
      'registry-1.docker.io',
      'DOCKER.IO/',
    ]) {
      assert.equal(canonicalKey(key), 'docker.io', key);
    }
    assert.equal(canonicalKey('https://Registry.example:5000/v2/'), 'registry.example:5000');
    assert.equal(canonicalKey('http://registry.example'), 'registry.example');
    assert.equal(canonicalKey('quay.io/Team/App'), 'quay.io/Team/App');
  });

  it('are looked up from the repository to the registry', () => {
    assert.deepEqual(keysFor('quay.io', 'team/app/x'), [
      'quay.io/team/app/x',
      'quay.io/team/app',
      'quay.io/team',
      'quay.io',
    ]);
  });
});

describe('files of logins', () => {
  const read = (content: object) => parseCredentialFile(JSON.stringify(content), '/config.json');

  it('have passwords and tokens in several forms', () => {
    const { auths } = read({
      auths: {
        'a.example': { auth: base64('jane:pass:word') },
        'b.example': { username: 'jane', password: 'pass' },
        'c.example': { auth: base64('<token>:refresh'), email: 'x' },
        'd.example': { auth: base64('00000000:'), identitytoken: 'refresh' },
        'e.example': { registrytoken: 'now' },
        'f.example': {},
        'g.example': { auth: base64('jane:pass\0\0') },
      },
      HttpHeaders: {},
    });
    const password = { kind: 'password', username: 'jane' };
    assert.deepEqual(Object.fromEntries(auths), {
      'a.example': { ...password, password: 'pass:word' },
      'b.example': { ...password, password: 'pass' },
      'c.example': { kind: 'identity-token', token: 'refresh' },
      'd.example': { kind: 'identity-token', token: 'refresh' },
      'e.example': { kind: 'registry-token', token: 'now' },
      'g.example': { ...password, password: 'pass' },
    });
  });

  it('are quoted in no error', () => {
    for (const text of [
      '{"auths": {"a": {"auth": "c2VjcmV0OnNlY3JldA==" oops',
      '{"auths": {"a": {"auth": "c2VjcmV0"}}}',
      '{"auths": {"a": {"auth": {"secret": 1}}}}',
      '{"auths": ["secret"]}',
      '["secret"]',
      '{"credHelpers": {"a": 3}}',
    ]) {
      assert.throws(
        () => parseCredentialFile(text, '/home/config.json'),
        (error: RegistryError) => {
          assert.deepEqual([error.code, error.kind, error.cause], ['bad-credentials-file', 'input', undefined]);
          assert.match(error.message, /\/home\/config\.json/);
          assert.doesNotMatch(error.message, /secret|c2Vj/);
          return true;
        },
      );
    }
  });
});

describe('logins of this machine', function () {
  this.timeout(20_000);
  let home: string;

  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'lkit-login-'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  async function write(file: string, content: object): Promise<void> {
    await mkdir(path.dirname(path.join(home, file)), { recursive: true });
    await writeFile(path.join(home, file), JSON.stringify(content));
  }

  async function helper(name: string, script: string): Promise<void> {
    const file = path.join(home, 'bin', `docker-credential-${name}`);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
  }

  const env = () => ({ PATH: `${home}/bin:/usr/bin:/bin` });
  const user = (name: string) => ({ auth: base64(`${name}:x`) });

  async function found(
    registry: string,
    repository = 'a/b',
    more: Record<string, string> = {},
  ): Promise<string | undefined> {
    const login = await hostCredentials({ ...env(), ...more }, home).find(registry, repository);
    return login?.credential.kind === 'password' ? login.credential.username : login?.credential.token;
  }

  it('are looked for where Podman and Docker keep them', () => {
    assert.deepEqual(credentialFiles({ XDG_RUNTIME_DIR: '/run/user/1', XDG_CONFIG_HOME: '' }, '/home/jane'), [
      '/run/user/1/containers/auth.json',
      '/home/jane/.config/containers/auth.json',
      '/home/jane/.docker/config.json',
    ]);
    assert.deepEqual(credentialFiles({ REGISTRY_AUTH_FILE: '/a.json', DOCKER_CONFIG: '/d' }, '/home/jane'), [
      '/a.json',
    ]);
    assert.deepEqual(credentialFiles({ DOCKER_CONFIG: '/d' }, '/h'), [
      '/h/.config/containers/auth.json',
      '/d/config.json',
    ]);
  });

  it('are taken from the first file that has one', async () => {
    await write('.docker/config.json', { auths: { 'a.example': user('docker'), 'b.example': user('docker') } });
    await write('run/containers/auth.json', { auths: { 'a.example': user('podman') } });
    const runtime = { XDG_RUNTIME_DIR: path.join(home, 'run') };
    assert.equal(await found('a.example', 'x', runtime), 'podman');
    assert.equal(await found('b.example', 'x', runtime), 'docker');
    assert.equal(await found('c.example', 'x', runtime), undefined);
  });

  it('are of this very registry, or of a part of it', async () => {
    await write('.docker/config.json', {
      auths: {
        'registry.example': user('whole'),
        'registry.example/team': user('team'),
        'registry.example.evil': user('evil'),
        'https://index.docker.io/v1/': user('hub'),
      },
    });
    assert.equal(await found('registry.example', 'other/app'), 'whole');
    assert.equal(await found('registry.example', 'team/app'), 'team');
    assert.equal(await found('registry.example', 'teams/app'), 'whole');
    assert.equal(await found('example', 'team'), undefined);
    assert.equal(await found('registry.example:5000', 'team'), undefined);
    assert.equal(await found('docker.io', 'library/alpine'), 'hub');
  });

  it('come from helpers, which are asked as Docker asks them', async () => {
    await helper('own', `read -r server; echo '{"ServerURL":"'"$server"'","Username":"'"$1 $server"'","Secret":"s"}'`);
    await helper('all', `cat >/dev/null; echo '{"Username":"<token>","Secret":"refresh"}'`);
    await write('.docker/config.json', {
      credsStore: 'all',
      credHelpers: { 'a.example': 'own', 'docker.io': 'own' },
      auths: { 'b.example': {} },
    });
    assert.equal(await found('a.example'), 'get a.example');
    assert.equal(await found('docker.io'), 'get https://index.docker.io/v1/');
    assert.equal(await found('b.example'), 'refresh');
  });

  it('may be unknown to a helper', async () => {
    await helper('all', `echo 'credentials not found in native keychain'; exit 1`);
    await write('.docker/config.json', { credsStore: 'all', auths: { 'b.example': user('file') } });
    assert.equal(await found('a.example'), undefined);
    assert.equal(await found('b.example'), 'file');
  });

  it('come from helpers that leave an agent behind, which is not waited for', async () => {
    await helper('agent', `sleep 30 & echo $! >"$0.pid"; echo '{"Username":"jane","Secret":"s"}'`);
    await helper('asleep', `sleep 30 & echo $! >"$0.pid"; wait`);
    await write('.docker/config.json', { credsStore: 'agent' });
    try {
      const since = performance.now();
      assert.equal(await found('quay.io'), 'jane');
      await assert.rejects(askHelper('asleep', 'quay.io', { env: env(), timeoutMs: 100 }), {
        message: 'the credential helper docker-credential-asleep did not answer in 0.1 s when asked for quay.io',
      });
      assert.ok(performance.now() - since < 10_000);
    } finally {
      for (const name of ['agent', 'asleep']) {
        process.kill(Number(await readFile(path.join(home, `bin/docker-credential-${name}.pid`), 'utf8')));
      }
    }
  });

  it('fail clearly, and silently about what helpers print', async () => {
    await helper('broken', `echo hunter2; echo hunter2 >&2; exit 3`);
    await helper('confused', `echo 'not JSON: hunter2'`);
    const credHelpers = { a: 'broken', b: 'confused', c: 'missing', d: '../../bin/sh' };
    await write('.docker/config.json', { credHelpers });
    for (const [registry, message] of [
      ['a', /docker-credential-broken failed \(exit code 3\)/],
      ['b', /docker-credential-confused gave no valid answer/],
      ['c', /docker-credential-missing for c is not installed/],
      ['d', /is not installed/],
    ] as const) {
      await assert.rejects(found(registry), (error: RegistryError) => {
        assert.equal(error.code, 'credential-helper');
        assert.match(error.message, message);
        assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /hunter2/);
        return true;
      });
    }
  });
});
