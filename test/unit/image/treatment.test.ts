import assert from 'node:assert/strict';
import type { RawEntry } from '../archive/raw-tar.ts';
import { tree } from './layers.ts';

async function treated(...layers: readonly (readonly RawEntry[])[]): Promise<readonly string[]> {
  return await tree(layers, { treatment: 'container' });
}

describe('container treatment', () => {
  it('gives every image what container engines give', async () => {
    const lines = await treated([]);
    assert.deepEqual(
      lines.map((line) => line.split(/ = |\n/)[0]),
      [
        'd dev',
        'd dev/pts',
        'd dev/shm',
        'd etc',
        '- etc/hosts',
        'l 777 etc/mtab -> /proc/mounts',
        '- etc/resolv.conf',
        'd proc',
        'd sys',
      ],
    );
    assert.match(lines.join('\n'), /127\.0\.0\.1 +localhost\n::1 +localhost/);
    assert.match(lines.join('\n'), /# no resolv\.conf configured\n/);
  });

  it('drops what only the engine put there', async () => {
    const names = ['.dockerenv', 'Dockerfile', 'dev/console', 'dev/pts/0', 'dev/shm/x', 'etc/hostname'];
    const lines = await treated([...names, 'etc/passwd', 'srv/Dockerfile'].map((name) => ({ name })));
    const given = await treated([]);
    assert.deepEqual(
      lines.filter((line) => !given.includes(line)),
      ['- etc/passwd', 'd srv', '- srv/Dockerfile'],
    );
  });

  it('replaces etc/hosts, and leaves a second name of it alone', async () => {
    const lines = await treated([
      { name: 'etc/hosts', data: 'mine' },
      { name: 'etc/hosts.bak', type: '1', link: 'etc/hosts' },
    ]);
    assert.ok(lines.includes('- etc/hosts.bak = mine'));
    assert.ok(lines.some((line) => line.startsWith('- etc/hosts = 127.0.0.1')));
  });

  it('keeps the metadata of directories that are there', async () => {
    assert.ok((await treated([{ name: 'etc/', type: '5', mode: 0o700, uid: 4 }])).includes('d 700 4:0 etc'));
  });

  it('works through a symlinked etc, and not through one that leads nowhere', async () => {
    const linked = await treated([
      { name: 'usr/etc/', type: '5', mode: 0o755 },
      { name: 'etc', type: '2', link: 'usr/etc' },
    ]);
    assert.ok(linked.includes('l etc -> usr/etc'));
    assert.ok(linked.some((line) => line.startsWith('- usr/etc/hosts')));
    const dangling = await treated([{ name: 'etc', type: '2', link: 'nowhere' }]);
    assert.ok(dangling.includes('d etc'));
  });

  it('puts directories in the place of anything else', async () => {
    assert.ok((await treated([{ name: 'proc', data: 'x' }])).includes('d proc'));
  });

  it('is not what init images get', async () => {
    assert.deepEqual(await tree([[{ name: 'Dockerfile' }]], { treatment: 'init' }), ['- Dockerfile']);
  });
});
