import { XMLParser } from 'fast-xml-parser';

export interface JunitCounts {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
  readonly time: number;
}

export interface JunitProblem {
  readonly type: string;
  readonly message: string;
  readonly '#text': string;
}

export interface JunitCase {
  readonly name: string;
  readonly classname: string;
  readonly file: string;
  readonly line: number;
  readonly time: number;
  readonly failure?: JunitProblem;
  readonly error?: JunitProblem;
  readonly 'system-out'?: string;
}

export interface JunitSuite extends JunitCounts {
  readonly name: string;
  readonly timestamp: string;
  readonly testcase: readonly JunitCase[];
}

/** JUnit XML as a parser reads it that knows nothing of lkit. */
export function parseJunit(xml: string): JunitCounts & { readonly testsuite: readonly JunitSuite[] } {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseAttributeValue: true,
    isArray: (name) => name === 'testsuite' || name === 'testcase',
  });
  return (parser.parse(xml) as { readonly testsuites: ReturnType<typeof parseJunit> }).testsuites;
}
