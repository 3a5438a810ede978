import type { TestResult } from '../run-tests.ts';
import { headlineOf, placeOf } from './describe.ts';

/** Failures of what is around the guest: JUnit's `error`, not its `failure`. */
const errorKinds: readonly string[] = ['build', 'machine'];

/**
 * Results as JUnit XML, in the form that Jenkins, GitLab and GitHub actions read: a `testsuite` for each test file.
 * https://github.com/testmoapp/junitxml
 */
export function junitXml(results: readonly TestResult[]): string {
  const files = [...new Set(results.map(({ test }) => test.at.file))];
  const suites = files.map((file) =>
    suite(
      file,
      results.filter(({ test }) => test.at.file === file),
    ),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', { name: 'lkit test', ...counts(results) }, suites)}\n`;
}

function suite(file: string, results: readonly TestResult[]): string {
  const timestamp = results[0]?.startedAt.toISOString().replace(/\.\d+Z$/, '') ?? '';
  return element('testsuite', { name: file, file, timestamp, ...counts(results) }, results.map(testCase));
}

function counts(results: readonly TestResult[]): Attributes {
  const errors = results.filter(({ failure }) => failure && errorKinds.includes(failure.kind)).length;
  const failed = results.filter(({ failure }) => failure !== undefined).length;
  const time = time3(results.reduce((sum, { durationMs }) => sum + durationMs, 0));
  return { tests: results.length, failures: failed - errors, errors, skipped: 0, time };
}

function testCase({ test, failure, durationMs, consoleTail, folder }: TestResult): string {
  const { file, line } = test.at;
  // Viewers group by class: the file, with dots only where they part nothing.
  const attributes = { name: test.name, classname: file.replaceAll('/', '.'), file, line, time: time3(durationMs) };
  if (failure === undefined) return element('testcase', attributes, []);
  const text = `${placeOf(failure)}\n${headlineOf(failure)}`;
  // GitLab and Jenkins show what is attached so.
  const out = [...consoleTail, '', `[[ATTACHMENT|${folder}/console.log]]`].join('\n');
  return element('testcase', attributes, [
    element(
      errorKinds.includes(failure.kind) ? 'error' : 'failure',
      { message: headlineOf(failure), type: failure.kind },
      [escape(text)],
    ),
    element('system-out', {}, [escape(out)]),
  ]);
}

type Attributes = Readonly<Record<string, string | number>>;

function element(name: string, attributes: Attributes, content: readonly string[]): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(String(value))}"`);
  const head = `<${name}${written.join('')}`;
  return content.length === 0 ? `${head}/>` : `${head}>${content.join('\n')}</${name}>`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Without the characters that XML 1.0 has no way to write (section 2.2), which guests print all the same. */
function escape(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll(/[&<>"]/g, (character) => entities[character] ?? '');
}

function time3(durationMs: number): string {
  return (durationMs / 1000).toFixed(3);
}
