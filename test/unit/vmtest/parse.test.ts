import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import type { Step } from '../../../pkg/vmtest/index.ts';
import { root } from '../../support/lkit.ts';
import { parse, testsOf } from './support.ts';

function stepsOf(...lines: readonly string[]): readonly Step[] {
  return testsOf(
    `image: a.yml\npublish: [80]\ntests:\n- name: t\n  steps:\n${lines.map((l) => `  - ${l}\n`).join('')}`,
  )[0]!.steps;
}

describe('a test file', () => {
  it('has tests that inherit what stands beside them', () => {
    const [first, second] = testsOf(`
image: system.yml
memory: 256M
timeout: 1m30s
mayFail: [dhcp]
tests:
  - name: first
    steps: [console: Hello]
  - name: second
    image: [base.yml, ../debug.yml]
    memory: 1G
    cpus: 2
    arch: arm64
    kernel: pkg:kernel
    cmdline: quiet
    silence: 5s
    steps: [powerOff]
`);
    assert.deepEqual(first!.image, {
      kind: 'build',
      files: ['/project/system.yml'],
      kernel: undefined,
      arch: undefined,
    });
    assert.deepEqual(first!.machine, { memoryMiB: 256, cpus: 1, cmdline: '', disks: [], publish: [] });
    assert.deepEqual([first!.timeoutMs, first!.silenceMs, first!.mayFail], [90_000, 60_000, ['dhcp']]);
    assert.deepEqual(first!.at, { file: 'a.test.yml', line: 7, column: 11 });
    assert.deepEqual(second!.image, {
      kind: 'build',
      files: ['/project/base.yml', '/debug.yml'],
      kernel: 'pkg:kernel',
      arch: 'arm64',
    });
    assert.deepEqual(second!.machine, { memoryMiB: 1024, cpus: 2, cmdline: 'quiet', disks: [], publish: [] });
    assert.equal(second!.silenceMs, 5000);
  });

  it('may name an image that is built already', () => {
    const [test] = testsOf('image: out/demo\ntests: [{name: t, steps: [powerOff]}]');
    assert.deepEqual(test!.image, { kind: 'built', prefix: '/project/out/demo', arch: undefined });
  });

  it('has steps that say what they do', () => {
    const steps = stepsOf(
      'console: /a b/i',
      "console: {match: '/t ([0-9.]+)/', near: 25.08, within: 0.01}",
      'type: "x\\n"',
      'service: {name: web}',
      'run: uname -r',
      'run: {in: web, command: [cat, /x], exit: 3, stdout: {equals: "58"}, stderr: no, retry: true}',
      'http: {path: /h, status: 404, body: /x/}',
      'i2c: {bus: 0, address: 0x76, register: 0xd0, equals: 0x58}',
      'set: {bus: sensors, address: 0x76, register: 0x10, to: 0x1234, width: word}',
      'set: {device: bmp280, temperature: 40 °C, pressure: 990 hPa}',
      'set: {bus: sensors, address: 0x76, temperature: 40 °C}',
      'after: 1m',
      'powerOff: 20s',
    );
    assert.deepEqual(
      steps.map(({ title }) => title),
      [
        'console /a b/i',
        'console /t ([0-9.]+)/ near 25.08 ± 0.01',
        'type "x\\n"',
        'service web running',
        'run uname -r',
        'run in web: cat /x',
        'http :80/h',
        'i2c 0 0x76 0xd0 = 0x58',
        'set sensors 0x76 0x10 to 0x1234',
        'set bmp280: temperature 40 °C, pressure 990 hPa',
        'set sensors 0x76: temperature 40 °C',
        'after 60 s',
        'powerOff',
      ],
    );
    assert.deepEqual(steps.at(-1)!.timeoutMs, 20_000);
    const [, , , , , run] = steps;
    assert.ok(run?.kind === 'run');
    assert.deepEqual(run.stdout, { kind: 'equals', text: '58' });
    assert.deepEqual([run.exitCode, run.service, run.retry], [3, 'web', true]);
  });

  it('makes a test of each combination of a matrix, with variables replaced', () => {
    const tests = testsOf(`
image: a.yml
variables: {greeting: Hello, other: 1}
matrix:
  memory: [128M, 1G]
  image: [[a.yml, crun.yml], b.yml]
  variables: {greeting: [Hi, Salut]}
tests:
  - name: greets
    steps: [console: "/\${{ greeting }} \${{other}} \${HOME}/"]
  - name: once
    matrix: {cmdline: ["", quiet]}
    steps: [powerOff]
`);
    assert.deepEqual(
      tests.map(({ name }) => name),
      [
        'greets [memory=128M, image=a+crun, greeting=Hi]',
        'greets [memory=128M, image=a+crun, greeting=Salut]',
        'greets [memory=128M, image=b, greeting=Hi]',
        'greets [memory=128M, image=b, greeting=Salut]',
        'greets [memory=1G, image=a+crun, greeting=Hi]',
        'greets [memory=1G, image=a+crun, greeting=Salut]',
        'greets [memory=1G, image=b, greeting=Hi]',
        'greets [memory=1G, image=b, greeting=Salut]',
        'once [cmdline=]',
        'once [cmdline=quiet]',
      ],
    );
    assert.equal(tests[1]!.steps[0]!.title, 'console /Salut 1 ${HOME}/');
    assert.equal(tests[4]!.machine.memoryMiB, 1024);
  });

  const head = 'image: a.yml\ntests:\n- name: t\n  steps:\n';
  const mistakes: readonly (readonly [string, string, readonly string[]])[] = [
    ['an empty file', '', ['1:1 the file is empty']],
    ['a list', '- a', ['1:1 the file must be a mapping, not a list']],
    ['no tests', 'image: a.yml', ['1:1 this test file lacks the key "tests"']],
    ['an unknown key', `${head}  - consol: x\n`, ['5:5 unknown key "consol" in step (did you mean "console"?)']],
    ['an unknown word', `${head}  - poweroff\n`, ['5:5 an item of "steps" must be "powerOff", or a mapping such as']],
    [
      'a step that does two things',
      `${head}  - {console: a, after: 2s}\n`,
      ['5:18 a step does one thing: this one has "console" already'],
    ],
    ['a step that does nothing', `${head}  - {timeout: 2s}\n`, ['5:6 the step does not say what to do']],
    ['a bad pattern', `${head}  - console: /a(/\n`, ['5:14 this is not a regular expression: /a(/']],
    ['a bad flag', `${head}  - console: /a/g\n`, ['5:14 this is not a regular expression: there is no flag "g"']],
    [
      'near without a group',
      `${head}  - console: {match: /a/, near: 1}\n`,
      ['5:22 "near" needs a pattern that captures a number'],
    ],
    ['no expectation', `${head}  - console: {within: 1}\n`, ['5:15 an expectation has either', '5:23 "within" says']],
    [
      'a port that is not published',
      `${head}  - http: {publish: 81}\n`,
      ['5:21 port 81 of the guest is not published'],
    ],
    [
      'a number for a text',
      `${head}  - console: 5\n`,
      ['5:14 "console" must be a text, or a regular expression between slashes, not the number 5'],
    ],
    ['a state of no service', `${head}  - service: {name: a, state: runing}\n`, ['5:31 "state" must be']],
    ['power-off before the end', `${head}  - powerOff\n  - after: 2s\n`, ['5:5 nothing can follow "powerOff"']],
    ['an unknown variable', `${head}  - run: "\${{ nme }}"\n`, ['5:10 there is no variable "nme"']],
    ['no image', 'tests: [{name: t, steps: [powerOff]}]', ['1:16 the test has no "image"']],
    [
      'two tests of one name',
      'image: a.yml\ntests:\n- {name: t, steps: [powerOff]}\n- {name: t, steps: [powerOff]}\n',
      ['4:10 there is another test "t", on line 3'],
    ],
    [
      'a kernel for a built image',
      'image: a\nkernel: pkg:kernel\ntests: [{name: t, steps: [powerOff]}]',
      ['2:9 "kernel" needs an image that is built from a YAML file'],
    ],
    ['a bad disk', `disks: [size=x]\n${head}  - powerOff\n`, ['1:9 "x" is not a size for']],
    ['a bad port', `publish: ["0:80"]\n${head}  - powerOff\n`, ['1:11 "0:80" does not publish a port']],
    [
      'a matrix of too many tests',
      `matrix: {cpus: [${'1,'.repeat(40)}], cmdline: [${'a,'.repeat(40)}]}\n${head}  - powerOff\n`,
      ['4:9 the matrix makes 1600 tests of this one'],
    ],
    [
      'a pattern that a variable breaks',
      `variables: {x: "("}\n${head}  - console: /\${{ x }}/\n`,
      ['6:5 with its variables this is not a regular expression'],
    ],
  ];
  for (const [what, text, expected] of mistakes) {
    it(`reports ${what}`, () => {
      const { tests, diagnostics } = parse(text);
      assert.equal(tests.length, 0);
      const said = diagnostics.map(({ at, message }) => `${at.line}:${at.column} ${message}`);
      assert.equal(said.length, expected.length, said.join('\n'));
      for (const [index, start] of expected.entries()) assert.ok(said[index]!.startsWith(start), said[index]);
    });
  }

  it('reports the mistakes of all tests at once, of the schema and of what it cannot know', () => {
    const { diagnostics } = parse(`${head}  - console: /a(/\n- name: u\n  step: []\n  steps: [after: 2]\n`);
    assert.deepEqual(
      diagnostics.map(({ at }) => at.line),
      [5, 7, 8],
    );
  });

  it('never makes the parser throw, whatever stands where', () => {
    const values = ['5', 'x', 'null', '[]', '[5]', '{}', '{a: 5}', '[[]]', 'true', '"/(/"', '{match: 5, near: x}'];
    const keys = ['image', 'matrix', 'variables', 'publish', 'disks', 'kernel', 'memory', 'tests', 'mayFail'];
    const inStep = ['console', 'run', 'http', 'i2c', 'set', 'service', 'after', 'powerOff', 'type', 'timeout'];
    for (const value of values) {
      for (const key of keys) {
        parse(`${key}: ${value}\ntests: [{name: t, steps: [powerOff]}]`);
        parse(`image: a.yml\ntests: [{name: t, ${key}: ${value}, steps: [powerOff]}]`);
      }
      for (const key of ['name', 'steps']) parse(`image: a.yml\ntests: [{${key}: ${value}}]`);
      for (const key of inStep) parse(`${head}  - ${key}: ${value}\n`);
      parse(`${head}  - ${value}\n`);
      parse(`image: a.yml\nmatrix: {variables: ${value}, memory: ${value}}\ntests: ${value}`);
    }
  });
});

describe('the schema of test files', () => {
  it('gives examples and defaults that are valid', () => {
    const schema = JSON.parse(readFileSync(path.join(root, 'schemas/test.schema.json'), 'utf8')) as object;
    const ajv = new Ajv({ allowUnionTypes: true, keywords: ['patternErrorMessage'], schemas: [schema] });
    let count = 0;
    const visit = (value: unknown, pointer: string): void => {
      if (typeof value !== 'object' || value === null) return;
      const { examples = [], default: preset } = value as { readonly examples?: readonly unknown[]; default?: unknown };
      if (Array.isArray((value as { readonly examples?: unknown }).examples)) {
        const check = ajv.compile({ $ref: `test.schema.json${pointer}` });
        for (const each of preset === undefined ? examples : [...examples, preset]) {
          assert.ok(check(each), `${pointer}: ${JSON.stringify(each)}: ${ajv.errorsText(check.errors)}`);
          count++;
        }
      }
      for (const [key, item] of Object.entries(value)) {
        if (!['examples', 'default', 'enum', 'required'].includes(key)) visit(item, `${pointer}/${key}`);
      }
    };
    visit(schema, '#');
    assert.ok(count > 50);
  });
});
