import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { withDockerContext } from '../../../pkg/engine/docker-context.ts';
import { withTempDir } from '../../support/lkit.ts';

describe('the Docker context in use', () => {
  const idOf = (name: string): string => createHash('sha256').update(name).digest('hex');

  async function addContext(folder: string, name: string, host: string, tls = false): Promise<void> {
    const meta = path.join(folder, 'contexts/meta', idOf(name));
    await mkdir(meta, { recursive: true });
    await writeFile(
      path.join(meta, 'meta.json'),
      JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }),
    );
    if (tls) await mkdir(path.join(folder, 'contexts/tls', idOf(name), 'docker'), { recursive: true });
  }

  it('is what config.json or DOCKER_CONTEXT says, unless there is a DOCKER_HOST', async () => {
    await withTempDir(async (home) => {
      const folder = path.join(home, '.docker');
      await addContext(folder, 'colima', 'unix:///colima.sock');
      await addContext(folder, 'far', 'tcp://far:2376', true);
      await writeFile(path.join(folder, 'config.json'), '{"currentContext": "colima", "auths": {}}');
      const host = async (env: object): Promise<string | undefined> =>
        (await withDockerContext({ HOME: home, ...env })).DOCKER_HOST;
      assert.equal(await host({}), 'unix:///colima.sock');
      assert.equal(await host({ DOCKER_CONTEXT: 'default' }), undefined);
      assert.equal(await host({ DOCKER_HOST: 'unix:///x' }), 'unix:///x');
      assert.equal(await host({ HOME: '/nowhere', DOCKER_CONFIG: folder }), 'unix:///colima.sock');
      const far = await withDockerContext({ HOME: home, DOCKER_CONTEXT: 'far' });
      assert.deepEqual(
        [far.DOCKER_HOST, far.DOCKER_TLS_VERIFY, far.DOCKER_CERT_PATH],
        ['tcp://far:2376', '1', path.join(folder, 'contexts/tls', idOf('far'), 'docker')],
      );
      await assert.rejects(host({ DOCKER_CONTEXT: 'gone' }), { code: 'bad-address', message: /no context "gone"/ });
    });
  });

  it('is none where nothing was ever chosen', async () => {
    await withTempDir(async (home) => {
      assert.deepEqual(await withDockerContext({ HOME: home }), { HOME: home });
      assert.deepEqual(await withDockerContext({}), {});
      await mkdir(path.join(home, '.docker'));
      for (const text of ['', 'null', '{}', '{"currentContext": ""}', '{"currentContext": 7}']) {
        await writeFile(path.join(home, '.docker/config.json'), text);
        assert.deepEqual(await withDockerContext({ HOME: home }), { HOME: home });
      }
    });
  });
});
