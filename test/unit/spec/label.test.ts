import assert from 'node:assert/strict';
import { parseImageLabel, SpecError } from '../../../pkg/spec/index.ts';

function refusal(text: string): string {
  try {
    parseImageLabel(text, 'alpine:3.20');
  } catch (error) {
    assert.ok(error instanceof SpecError);
    assert.deepEqual([error.code, error.kind], ['invalid-label', 'input']);
    return `${error.at?.file}:${error.at?.line}:${error.at?.column} ${error.message}`;
  }
  return 'accepted';
}

const label = 'label org.mobyproject.config of alpine:3.20';

describe('parseImageLabel', () => {
  it('reads JSON', () => {
    const text = '{"binds": ["/a:/b"], "capabilities": ["all"], "runtime": {"mkdir": ["/c"]}, "uid": "root"}';
    assert.deepEqual(parseImageLabel(text, 'x'), {
      binds: ['/a:/b'],
      capabilities: ['all'],
      runtime: { mkdir: ['/c'] },
      uid: 0,
    });
  });

  it('reads JSON on several lines, indented with tabs', () => {
    assert.deepEqual(parseImageLabel('{\n\t"net": "host",\n\t"env": [\n\t\t"A=b"\n\t]\n}\n', 'x'), {
      net: 'host',
      env: ['A=b'],
    });
  });

  it('reads YAML', () => {
    const text = 'mounts:\n- {type: cgroup, options: [rw]}\nreadonly: true\n';
    assert.deepEqual(parseImageLabel(text, 'x'), {
      mounts: [{ destination: '', type: 'cgroup', options: ['rw'] }],
      readonly: true,
    });
  });

  it('reads a label without keys', () => {
    assert.deepEqual(parseImageLabel('{}', 'x'), {});
    assert.deepEqual(parseImageLabel(' ', 'x'), {});
  });

  it('does not know the volumes and containers that a system will have', () => {
    assert.deepEqual(parseImageLabel('{"binds": ["data:/b"], "uid": "redis"}', 'x'), {
      binds: ['data:/b'],
      uid: 'redis',
    });
  });

  const invalid: readonly (readonly [string, string])[] = [
    ['{"name": "x"}', '1:2 a label cannot set "name"'],
    ['{"image": "x"}', '1:2 a label cannot set "image"'],
    ['{"build": "x"}', '1:2 a label cannot set "build"'],
    ['{"restart": "always"}', '1:2 unknown key "restart" in label'],
    ['{"bind": ["/a:/b"]}', '1:2 unknown key "bind" in label (did you mean "binds"?)'],
    ['{"binds": "/a:/b"}', '1:11 "binds" must be a list, not the text "/a:/b": write ["/a:/b"]'],
    ['{"capabilities": ["CAP_NET"]}', '1:19 unknown capability "CAP_NET"'],
    ['[]', '1:1 the label must be a mapping, not a list'],
    ['null', '1:1 the file is empty'],
    ['{"a"', '1:1 this "{" is never closed'],
    ['{"env": ["A="], "env": []}', '1:17 the key "env" is here a second time; it first stands on line 1'],
  ];
  for (const [text, message] of invalid) {
    it(`refuses ${text}`, () => {
      assert.equal(refusal(text), `${label}:${message}`);
    });
  }
});
