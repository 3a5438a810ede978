import assert from 'node:assert/strict';
import { parse, saidOf, specOf } from './support.ts';

const cmdline = (text: string): string | undefined =>
  specOf(`kernel:\n  image: a\n  cmdline: ${text}\n`).kernel?.cmdline;

describe('YAML as lkit reads it', () => {
  it('has texts where YAML 1.1 had booleans', () => {
    assert.deepEqual(['yes', 'no', 'on', 'off', 'y'].map(cmdline), ['yes', 'no', 'on', 'off', 'y']);
  });

  it('folds, keeps and escapes texts', () => {
    assert.equal(cmdline('a\n    b'), 'a b');
    assert.equal(cmdline('|\n    a\n    b'), 'a\nb\n');
    assert.equal(cmdline('>-\n    a\n    b'), 'a b');
    assert.equal(cmdline('"\\x41\\u00e9\\U0001F600\\\\"'), 'Aé😀\\');
    assert.equal(cmdline("'it''s \\q'"), "it's \\q");
  });

  it('follows aliases', () => {
    const spec = specOf('init: &i [a, b]\nservices:\n  - {name: x, image: &x y, command: *i, hostname: *x}\n');
    assert.deepEqual([spec.services[0]?.command, spec.services[0]?.hostname], [['a', 'b'], 'y']);
  });

  it('merges keys: own ones first, then the mappings in order', () => {
    const spec = specOf(
      'services:\n' +
        '  - &a {name: a, image: one, net: host, env: [A=1]}\n' +
        '  - &b {<<: *a, name: b, image: two}\n' +
        '  - {<<: [*b, *a], name: c, pid: host}\n',
    );
    const shown = spec.services.map(({ name, image, net, pid, env }) => [name, image.text, net, pid, env?.[0]]);
    assert.deepEqual(shown, [
      ['a', 'one', 'host', undefined, 'A=1'],
      ['b', 'two', 'host', undefined, 'A=1'],
      ['c', 'two', 'host', 'host', 'A=1'],
    ]);
  });

  it('takes "<<" in quotes for a key like any other', () => {
    assert.deepEqual(saidOf('kernel: {image: a, "<<": {cmdline: b}}\n'), ['a.yml:1:20 unknown key "<<" in kernel']);
  });

  it('points at the value itself, not at an alias of it', () => {
    assert.deepEqual(saidOf('init: &a\n  - 5\nservices:\n  - {name: x, image: y, command: *a}\n'), [
      'a.yml:2:5 an item of "init" must be a text, not the number 5: write "5" in quotes',
    ]);
  });

  it('reads YAML 1.2 whatever a %YAML directive says', () => {
    assert.equal(specOf('%YAML 1.1\n---\nkernel: {image: a, cmdline: yes}\n').kernel?.cmdline, 'yes');
  });

  it('takes a byte order mark, CRLF, and an end marker', () => {
    const bytes = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('init:\r\n- a\r\n...\r\n')]);
    assert.equal(parse(bytes).spec?.init[0]?.text, 'a');
    assert.deepEqual(parse(bytes).spec?.init[0]?.at, { file: 'a.yml', line: 2, column: 3 });
    assert.deepEqual(saidOf('\uFEFFinti: []\n'), ['a.yml:1:1 unknown key "inti" (did you mean "init"?)']);
  });

  it('counts columns in characters', () => {
    const message = 'unknown key "imge" in kernel (did you mean "image"?)';
    assert.deepEqual(saidOf('kernel: {cmdline: "é中😀", imge: b}\n'), [`a.yml:1:26 ${message}`]);
  });

  it('treats names of JavaScript’s own like any other', () => {
    const annotations = specOf(
      'services:\n  - {name: a, image: b, annotations: {__proto__: x, constructor: y, toString: z}}\n',
    ).services[0]?.annotations;
    assert.deepEqual(Object.entries(annotations ?? {}), [
      ['__proto__', 'x'],
      ['constructor', 'y'],
      ['toString', 'z'],
    ]);
    assert.deepEqual(saidOf('constructor: {}\n'), ['a.yml:1:1 unknown key "constructor"']);
    assert.deepEqual(saidOf('services:\n  - {name: constructor, image: b, uid: toString}\n'), [
      'a.yml:2:40 no container is named "toString"',
    ]);
  });

  it('leaves a text alone that has spaces of other kinds inside', () => {
    assert.equal(cmdline('note:\u00A0a\u3000b'), 'note:\u00A0a\u3000b');
    assert.equal(cmdline('"\u00A0a"'), '\u00A0a');
    assert.equal(cmdline('|\n    \u00A0a'), '\u00A0a\n');
  });

  it('warns of quotes that are none', () => {
    assert.deepEqual(saidOf('init:\n  - “a”\n'), [
      'a.yml:2:5 warning: "“" is no quote to YAML, but a part of the text',
    ]);
    assert.equal(cmdline('"“a”"'), '“a”');
  });

  it('warns of a line that continues a text and looks like an item', () => {
    assert.deepEqual(saidOf('init:\n  - a\n    - b\n'), ['a.yml:3:5 warning: this line continues the text above it']);
    assert.equal(specOf('init:\n  - a\n    - b\n').init[0]?.text, 'a - b');
  });
});
