import assert from 'node:assert/strict';
import { type ConfigChanges, emptyConfig, parseLabels, withConfig } from '../../../pkg/authoring/config.ts';
import { diffFiles, fileLine, type ListedFile } from '../../../pkg/authoring/listing.ts';
import { numericUser } from '../../../pkg/authoring/runtime-spec.ts';
import { parseTarget } from '../../../pkg/authoring/target.ts';

const empty = emptyConfig({ os: 'linux', architecture: 'amd64' });

describe('the configuration of an image', () => {
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const cases: readonly (readonly [changes: ConfigChanges, expected: object])[] = [
    [{ entrypoint: ['/a'] }, { Entrypoint: ['/a'], Cmd: [] }],
    [
      { entrypoint: ['/a'], cmd: ['x'] },
      { Entrypoint: ['/a'], Cmd: ['x'] },
    ],
    [{ cmd: ['x', 'y z'] }, { Cmd: ['x', 'y z'] }],
    [{ env: ['A=1', 'PATH=/x', 'A=2'] }, { Env: ['PATH=/x', 'A=2'] }],
    [{ env: ['EMPTY='] }, { Env: [path, 'EMPTY='] }],
    [{ ports: ['80', '53/udp'] }, { ExposedPorts: { '80/tcp': {}, '53/udp': {} } }],
    [{ volumes: ['/data'] }, { Volumes: { '/data': {} } }],
    [{ labels: ['a=b=c', 'd='] }, { Labels: { a: 'b=c', d: '' } }],
    [{ user: '1000:nogroup' }, { User: '1000:nogroup' }],
    [{ workdir: '/srv' }, { WorkingDir: '/srv' }],
    [{ stopSignal: 'int' }, { StopSignal: 'SIGINT' }],
    [{ stopSignal: 'SIGRTMIN+3' }, { StopSignal: 'SIGRTMIN+3' }],
    [{ stopSignal: '9' }, { StopSignal: '9' }],
  ];
  for (const [changes, expected] of cases) {
    it(`takes ${JSON.stringify(changes)}`, () => {
      assert.deepEqual(withConfig(empty, changes, 0).config, { Env: [path], ...expected });
    });
  }

  it('has an author and a date', () => {
    const { author, created } = withConfig(empty, { author: 'Ada' }, 1_700_000_000);
    assert.deepEqual({ author, created }, { author: 'Ada', created: '2023-11-14T22:13:20Z' });
  });

  it('keeps what is not changed', () => {
    const first = withConfig(empty, { labels: ['a=1'], ports: ['1'], user: 'x', cmd: ['c'] }, 0);
    const second = withConfig(first, { labels: ['b=2'], ports: ['2'], workdir: '/' }, 0);
    assert.deepEqual(second.config, {
      ...{ Env: [path], User: 'x', Cmd: ['c'], WorkingDir: '/' },
      ExposedPorts: { '1/tcp': {}, '2/tcp': {} },
      Labels: { a: '1', b: '2' },
    });
  });

  const wrong: readonly (readonly [changes: ConfigChanges, message: RegExp])[] = [
    [{ ports: ['http'] }, /"http" is not a port/],
    [{ ports: ['0'] }, /"0" is not a port/],
    [{ ports: ['65536'] }, /is not a port/],
    [{ ports: ['80/icmp'] }, /is not a port/],
    [{ env: ['A'] }, /"A" is not NAME=value/],
    [{ env: ['=1'] }, /is not NAME=value/],
    [{ labels: ['a'] }, /"a" is not name=value/],
    [{ user: 'a b' }, /is not a user/],
    [{ user: '' }, /is not a user/],
    [{ workdir: 'srv' }, /"srv" is not an absolute path for a working directory/],
    [{ volumes: ['data'] }, /"data" is not an absolute path for a volume/],
    [{ stopSignal: '!' }, /"!" is not a signal/],
  ];
  for (const [changes, message] of wrong) {
    it(`refuses ${JSON.stringify(changes)}`, () => {
      assert.throws(() => withConfig(empty, changes, 0), { code: 'bad-option', kind: 'input', message });
    });
  }

  it('takes annotations in the same form as labels', () => {
    assert.deepEqual(parseLabels(['a=b']), { a: 'b' });
  });
});

describe('where an image is to go', () => {
  const cases: readonly (readonly [text: string, target: object])[] = [
    ['oci:dir', { kind: 'oci', path: 'dir', name: undefined }],
    ['oci:/a/b:tag', { kind: 'oci', path: '/a/b', name: 'tag' }],
    ['oci-archive:a.tar:name:1', { kind: 'oci-archive', path: 'a.tar', name: 'name:1' }],
    ['docker-archive:a.tar', { kind: 'docker-archive', path: 'a.tar', name: undefined }],
    ['docker-daemon:a:1', { kind: 'docker-daemon', name: 'a:1' }],
    ['docker://localhost:5000/a:1', { kind: 'registry', name: 'localhost:5000/a:1' }],
    ['store:a', { kind: 'store', name: 'a' }],
  ];
  for (const [text, target] of cases)
    it(text, () => {
      assert.deepEqual(parseTarget(text), target);
    });
  for (const text of ['', 'dir', 'oci:', 'docker:a', 'store:', 'rootfs:a']) {
    it(`is not "${text}"`, () => {
      assert.throws(() => parseTarget(text), { code: 'bad-target', kind: 'input' });
    });
  }
});

describe('the user of an image, as numbers', () => {
  const passwd = 'root:x:0:0::/root:/bin/sh\nweb:x:33:34::/:/bin/false\n';
  const group = 'root:x:0:\ntape:x:26:\n';
  const cases: readonly (readonly [text: string, user: object | undefined])[] = [
    ['', { uid: 0, gid: 0 }],
    ['7', { uid: 7, gid: 0 }],
    ['33', { uid: 33, gid: 34 }],
    ['7:8', { uid: 7, gid: 8 }],
    ['web', { uid: 33, gid: 34 }],
    ['web:tape', { uid: 33, gid: 26 }],
    ['nobody', undefined],
    ['web:none', undefined],
  ];
  for (const [text, user] of cases) {
    it(`"${text}"`, () => {
      assert.deepEqual(numericUser(text, passwd, group), user);
    });
  }
});

describe('the files of an image', () => {
  const file = (path: string, changed: Partial<ListedFile['entry']> = {}, sha256 = 'a'): ListedFile => ({
    entry: { path, type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 3, ...changed },
    sha256,
  });

  const lines: readonly (readonly [listed: ListedFile, line: string])[] = [
    [file('a b'), '-rw-r--r-- 0/0               3 a b'],
    [file('su', { mode: 0o4755, uid: 1, gid: 2 }), '-rwsr-xr-x 1/2               3 su'],
    [file('t', { type: 'directory', mode: 0o1777, size: 0 }), 'drwxrwxrwt 0/0               0 t'],
    [file('g', { mode: 0o2644 }), '-rw-r-Sr-- 0/0               3 g'],
    [file('l', { type: 'symlink', mode: 0o777, size: 0, link: '../x' }), 'lrwxrwxrwx 0/0               0 l -> ../x'],
    [file('h', { type: 'hardlink', size: 0, link: 'a' }), 'hrw-r--r-- 0/0               0 h link to a'],
    [
      file('n', { type: 'character', size: 0, mode: 0o666, device: { major: 1, minor: 3 } }),
      'crw-rw-rw- 0/0             1,3 n',
    ],
  ];
  for (const [listed, line] of lines)
    it(line, () => {
      assert.equal(fileLine(listed), line);
    });

  it('are compared name by name', () => {
    const before = [file('gone'), file('mode'), file('same'), file('text')];
    const after = [file('mode', { mode: 0o600, uid: 5 }), file('new'), file('same'), file('text', {}, 'b')];
    assert.deepEqual(diffFiles(before, after), [
      { change: 'removed', path: 'gone', what: [] },
      { change: 'changed', path: 'mode', what: ['mode', 'owner'] },
      { change: 'added', path: 'new', what: [] },
      { change: 'changed', path: 'text', what: ['content'] },
    ]);
  });
});
