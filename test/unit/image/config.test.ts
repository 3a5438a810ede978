import assert from 'node:assert/strict';
import { ImageError, parseConfig, sha256 } from '../../../pkg/image/index.ts';

const config = {
  architecture: 'amd64',
  os: 'linux',
  rootfs: { type: 'layers', diff_ids: [sha256('a'), sha256('b')] },
};
const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('parseConfig', () => {
  it('reads what a container needs, in the words of the specification', () => {
    const full = {
      created: '2026-01-01T00:00:00Z',
      author: 'me',
      ...config,
      variant: 'v8',
      config: {
        User: '1000:1000',
        Env: ['PATH=/bin', 'EMPTY='],
        Entrypoint: ['/init'],
        Cmd: ['a', 'b'],
        WorkingDir: '/srv',
        Labels: { 'org.mobyproject.config': '{}', __proto__x: 'y' },
        ExposedPorts: { '80/tcp': {} },
        Volumes: { '/data': {} },
        StopSignal: 'SIGINT',
      },
      history: [{ created: 'x', created_by: 'sh', comment: 'c', empty_layer: true }, {}],
    };
    assert.deepEqual(parseConfig(bytes(full), 2), full);
  });

  it('takes null for absent, as Docker writes it', () => {
    const empty = {
      ...config,
      config: { Env: null, Entrypoint: null, Cmd: null, Labels: null, Volumes: null },
      history: null,
    };
    assert.deepEqual(parseConfig(bytes(empty), 2), { ...config, config: {} });
  });

  it('drops what it does not know', () => {
    assert.deepEqual(parseConfig(bytes({ ...config, docker_version: '1', config: { Hostname: 'x' } }), 2), {
      ...config,
      config: {},
    });
  });

  it('takes labels of any name as data', () => {
    const labels = '{"__proto__": "x", "constructor": "y"}';
    const text = `{"architecture":"amd64","os":"linux","config":{"Labels":${labels}},"rootfs":{"type":"layers","diff_ids":[]}}`;
    const read = parseConfig(Buffer.from(text), 0).config?.Labels ?? {};
    assert.deepEqual(Object.entries(read), [
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    ['text', 'x', /it should be an object/],
    ['no architecture', { ...config, architecture: undefined }, /"architecture" should be a string/],
    ['a system that is a number', { ...config, os: 1 }, /"os" should be a string/],
    ['no layers', { ...config, rootfs: undefined }, /"rootfs" should be an object/],
    ['layers of another kind', { ...config, rootfs: { type: 'base' } }, /"rootfs\.type" should be "layers"/],
    [
      'a diff id that is none',
      { ...config, rootfs: { type: 'layers', diff_ids: ['x', 'y'] } },
      /"rootfs\.diff_ids\[0\]"/,
    ],
    ['too few diff ids', { ...config, rootfs: { type: 'layers', diff_ids: [] } }, /lists 0 layers .* manifest has 2/],
    ['an environment of numbers', { ...config, config: { Env: [1] } }, /"config\.Env\[0\]" should be a string/],
    ['a command that is text', { ...config, config: { Cmd: 'sh' } }, /"config\.Cmd" should be a list/],
    ['labels that are a list', { ...config, config: { Labels: ['a'] } }, /"config\.Labels" should be an object/],
    ['a history that is text', { ...config, history: 'x' }, /"history" should be a list/],
    [
      'a flag that is text',
      { ...config, history: [{ empty_layer: 'yes' }] },
      /"history\[0\]\.empty_layer" should be true or false/,
    ],
  ];
  for (const [what, value, message] of wrong) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => parseConfig(bytes(value), 2),
        (error: unknown) => {
          assert.ok(error instanceof ImageError);
          assert.equal(error.code, 'invalid-config');
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }

  it('refuses 9 MB', () => {
    assert.throws(() => parseConfig(Buffer.alloc(9 << 20), 0), { code: 'invalid-config', message: /9437184 bytes/ });
  });
});
