import assert from 'node:assert/strict';
import { type EngineEnvironment, engineAddresses, formatAddress } from '../../../pkg/engine/address.ts';
import { sshArguments } from '../../../pkg/engine/ssh.ts';

describe('engineAddresses', () => {
  const cases: readonly (readonly [env: EngineEnvironment, expected: object])[] = [
    [{ DOCKER_HOST: 'unix:///run/x.sock' }, { kind: 'unix', socket: '/run/x.sock' }],
    [{ DOCKER_HOST: 'unix://' }, { kind: 'unix', socket: '/var/run/docker.sock' }],
    [{ DOCKER_HOST: '/run/x.sock' }, { kind: 'unix', socket: '/run/x.sock' }],
    [{ DOCKER_HOST: 'tcp://h' }, { kind: 'tcp', host: 'h', port: 2375 }],
    [{ DOCKER_HOST: 'h:99' }, { kind: 'tcp', host: 'h', port: 99 }],
    [{ DOCKER_HOST: 'http://10.0.0.1:99' }, { kind: 'tcp', host: '10.0.0.1', port: 99 }],
    [{ DOCKER_HOST: 'tcp://[::1]:99' }, { kind: 'tcp', host: '::1', port: 99 }],
    [
      { DOCKER_HOST: 'tcp://h', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/c' },
      { kind: 'tcp', host: 'h', port: 2376, certificates: '/c' },
    ],
    [
      { DOCKER_HOST: 'tcp://h', DOCKER_TLS_VERIFY: '', DOCKER_CERT_PATH: '/c' },
      { kind: 'tcp', host: 'h', port: 2375 },
    ],
    [
      { DOCKER_HOST: 'tcp://h:2376', HOME: '/me' },
      { kind: 'tcp', host: 'h', port: 2376, certificates: '/me/.docker' },
    ],
    [
      { DOCKER_HOST: 'https://h:9', HOME: '/me' },
      { kind: 'tcp', host: 'h', port: 9, certificates: '/me/.docker' },
    ],
    [{ DOCKER_HOST: 'ssh://h' }, { kind: 'ssh', host: 'h' }],
    [
      { DOCKER_HOST: 'ssh://me@h:22/run/podman.sock' },
      { kind: 'ssh', host: 'h', port: 22, user: 'me', socket: '/run/podman.sock' },
    ],
  ];
  for (const [env, expected] of cases) {
    it(JSON.stringify(env), () => {
      assert.deepEqual(engineAddresses(env), [expected]);
    });
  }

  it('looks for the usual sockets where nothing is said', () => {
    const found = engineAddresses({ DOCKER_HOST: '', XDG_RUNTIME_DIR: '/run/user/7', HOME: '/me' }).map(formatAddress);
    assert.equal(found[0], 'unix:///var/run/docker.sock');
    assert.ok(found.includes('unix:///run/user/7/podman/podman.sock'));
    assert.ok(found.includes('unix:///me/.docker/run/docker.sock'));
    assert.deepEqual(engineAddresses({}).map(formatAddress), [
      'unix:///var/run/docker.sock',
      'unix:///run/podman/podman.sock',
    ]);
  });

  for (const host of ['ftp://h', 'tcp://', 'tcp://h:99999', 'npipe:////./pipe/docker', 'ssh://me:secret@h']) {
    it(`refuses ${host}, and tells no secret`, () => {
      assert.throws(
        () => engineAddresses({ DOCKER_HOST: host }),
        (error: Error) => {
          assert.match(error.message, /DOCKER_HOST is no address/);
          assert.doesNotMatch(error.message, /secret/);
          return true;
        },
      );
    });
  }

  it('are written as they are read', () => {
    for (const host of ['unix:///x', 'tcp://h:1', 'tcp://[::1]:9', 'ssh://h', 'ssh://me@h:22/run/x.sock']) {
      assert.deepEqual(engineAddresses({ DOCKER_HOST: host }).map(formatAddress), [host]);
    }
  });
});

describe('sshArguments', () => {
  it('are those of the docker command, and no host is taken for an option', () => {
    const args = sshArguments({ kind: 'ssh', host: '-oProxyCommand=x', port: 22, user: 'me', socket: '/s' }).join(' ');
    assert.match(args, /-T -l me -p 22 -- -oProxyCommand=x docker --host unix:\/\/\/s system dial-stdio$/);
  });
});
