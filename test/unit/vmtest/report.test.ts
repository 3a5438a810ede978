import assert from 'node:assert/strict';
import { parse as parseYaml } from 'yaml';
import { silentReporter } from '../../../pkg/report/index.ts';
import {
  combineListeners,
  type Failure,
  githubListener,
  humanListener,
  junitXml,
  parseTests,
  summaryOf,
  tapListener,
  type TestResult,
} from '../../../pkg/vmtest/index.ts';
import { type JunitCase, type JunitCounts, parseJunit } from '../../support/junit.ts';

const { tests } = parseTests(
  ['a.test.yml', 'sub/b.test.yml'].map((file) => ({
    file,
    text: 'image: a.yml\ntests:\n- {name: "greets <you> & # me", steps: [console: Hello]}\n- {name: reads, steps: [powerOff]}\n',
    baseDir: '/',
  })),
);

function result(index: number, failure?: Omit<Failure, 'at'>): TestResult {
  const test = tests[index]!;
  const at = test.steps[0]!.at;
  return {
    test,
    failure: failure && { at, ...failure },
    durationMs: 1234,
    startedAt: new Date('2024-05-06T07:08:09.123Z'),
    folder: '/work/lkit-test/a/greets',
    consoleTail: failure ? ['Hello \x00\x1b[1m]]> & <you>', '\ud800 °C'] : [],
  };
}

const results = [
  result(0, { kind: 'assertion', message: 'the console has not shown "Hello"\nbut "Hi"', step: 'console "Hello"' }),
  result(1),
  result(2, { kind: 'build', message: 'there is no image x' }),
  result(3, { kind: 'panic', message: 'gave up', step: 'powerOff' }),
];

describe('JUnit XML', () => {
  const xml = junitXml(results);
  const testsuites = parseJunit(xml);

  it('has only characters that XML can have, whatever the guest has printed', () => {
    assert.doesNotMatch(xml, /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u);
  });

  it('counts tests, failures and errors, in all and for each file', () => {
    const counts = ({ tests, failures, errors, skipped, time }: JunitCounts): readonly number[] => [
      ...[tests, failures, errors, skipped, time],
    ];
    assert.deepEqual(counts(testsuites), [4, 2, 1, 0, 4.936]);
    const suites = testsuites.testsuite;
    assert.deepEqual(suites.map(counts), [
      [2, 1, 0, 0, 2.468],
      [2, 1, 1, 0, 2.468],
    ]);
    assert.deepEqual(
      suites.map(({ name, timestamp }) => [name, timestamp]),
      [
        ['a.test.yml', '2024-05-06T07:08:09'],
        ['sub/b.test.yml', '2024-05-06T07:08:09'],
      ],
    );
  });

  it('tells of each test where it is, how long it took, and why it failed', () => {
    const [failed, passed] = testsuites.testsuite[0]!.testcase as [JunitCase, JunitCase];
    assert.deepEqual(
      [failed.name, failed.classname, failed.file, failed.line, failed.time],
      ['greets <you> & # me', 'a.test.yml', 'a.test.yml', 3, 1.234],
    );
    assert.equal(failed.failure?.type, 'assertion');
    assert.match(failed.failure.message, /^not as expected: the console has not shown "Hello"/);
    assert.match(failed.failure['#text'], /^a\.test\.yml:3:\d+: console "Hello"\nnot as expected/);
    assert.match(
      failed['system-out']!,
      /\]\]> & <you>\n. °C\n\n\[\[ATTACHMENT\|\/work\/lkit-test\/a\/greets\/console\.log\]\]/u,
    );
    assert.deepEqual(Object.keys(passed), ['name', 'classname', 'file', 'line', 'time']);
    const [noImage, panic] = testsuites.testsuite[1]!.testcase as [JunitCase, JunitCase];
    assert.equal(noImage.classname, 'sub.b.test.yml');
    assert.equal(noImage.error?.type, 'build');
    assert.equal(panic.failure?.type, 'panic');
  });
});

describe('TAP', () => {
  let stream = '';
  const listener = tapListener(results.length, (text) => (stream += text));
  for (const each of results) listener.onEnd(each);

  it('has a version, a plan, and a numbered line for each test', () => {
    const lines = stream.split('\n').filter((line) => /^\S/.test(line));
    assert.deepEqual(lines, [
      'TAP version 14',
      '1..4',
      'not ok 1 - a.test.yml: greets <you> & \\# me',
      'ok 2 - a.test.yml: reads',
      'not ok 3 - sub/b.test.yml: greets <you> & \\# me',
      'not ok 4 - sub/b.test.yml: reads',
    ]);
  });

  it('has diagnostics in YAML', () => {
    const blocks = [...stream.matchAll(/^ {2}---\n(.*?)^ {2}\.\.\.\n/gms)].map(
      ([, block]) => parseYaml(block!.replaceAll(/^ {2}/gm, '')) as Readonly<Record<string, unknown>>,
    );
    assert.equal(blocks.length, 4);
    assert.deepEqual(blocks[1], { duration_ms: 1234 });
    assert.equal(blocks[0]!['message'], 'the console has not shown "Hello"\nbut "Hi"');
    assert.equal(blocks[3]!['kind'], 'panic');
  });
});

describe('results for people', () => {
  const said: string[] = [];
  const reporter = { ...silentReporter, info: (text: string) => said.push(text) };
  const listener = humanListener({ reporter, color: false, workingFolder: '/work' });
  for (const each of results) listener.onEnd(each);

  it('are a line for what has passed', () => {
    assert.equal(said[1], 'pass  a.test.yml: reads (1.2 s)');
  });

  it('are step, reason and console for what has not, and the guest cannot move the cursor', () => {
    assert.equal(
      said[0],
      `FAIL  a.test.yml: greets <you> & # me (1.2 s)
      a.test.yml:3:41: console "Hello"
      not as expected: the console has not shown "Hello"
      but "Hi"
      | Hello [1m]]> & <you>
      | \ud800 °C
      All about it: lkit-test/a/greets`,
    );
  });

  it('end in a summary', () => {
    listener.onFinish(results, 2500);
    assert.equal(said.at(-1), '4 tests: 1 passed, 3 failed (2.5 s)');
    assert.equal(summaryOf(results), '4 tests: 1 passed, 3 failed');
    assert.equal(summaryOf(results.slice(1, 2)), '1 test: all passed');
  });
});

describe('GitHub annotations', () => {
  it('name the step of each failure, in one line', () => {
    const lines: string[] = [];
    const listener = combineListeners([githubListener((text) => lines.push(text))]);
    for (const each of results) listener.onEnd(each);
    assert.equal(lines.length, 3);
    assert.equal(
      lines[0],
      '::error file=a.test.yml,line=3,col=41::greets <you> & # me, at console "Hello": ' +
        'not as expected: the console has not shown "Hello"%0Abut "Hi"\n',
    );
  });
});
