import assert from 'node:assert/strict';
import {
  type Diagnostic,
  formatDiagnostic,
  formatDiagnostics,
  formatGithubAnnotation,
  parseSpec,
  requireSpec,
  SpecError,
  toJsonDiagnostic,
} from '../../../pkg/spec/index.ts';

function source(text: string, file = 'lkit.yml'): { file: string; text: string; baseDir: string } {
  return { file, text, baseDir: '/' };
}

function shown(text: string): string {
  return formatDiagnostics(parseSpec([source(text)]).diagnostics, [source(text)]);
}

function first(text: string, file?: string): Diagnostic {
  return parseSpec([source(text, file)]).diagnostics[0]!;
}

describe('formatDiagnostic', () => {
  it('shows the place, the line, a mark and the advice', () => {
    assert.equal(
      shown('kernel:\n  image: a\n  immage: b\nservices: {}\n'),
      [
        'lkit.yml:3:3: unknown key "immage" in kernel (did you mean "image"?)',
        '    3 |   immage: b',
        '      |   ^^^^^^',
        '',
        'lkit.yml:4:11: "services" must be a list, not a mapping',
        '    4 | services: {}',
        '      |           ^^',
        '      = Begin each item of the list with "- ".',
      ].join('\n'),
    );
  });

  it('tells of what the items of a list are', () => {
    const text = 'services:\n  - name: a\n    image: b\n    env:\n      A: b\n';
    assert.equal(first(text).hint, 'Each item begins with "- " and is a variable such as "NAME=value".');
  });

  it('tells how to write entries that stand below their names, as in docker compose', () => {
    const { hint } = first('services:\n  web: {image: nginx}\n  db:\n');
    assert.equal(hint, 'Each item begins with "- name: web", and its keys follow below.');
    const service = 'services:\n  - name: a\n    image: b\n    ';
    assert.equal(
      first(`${service}capabilities: {add: [CAP_KILL]}\n`).hint,
      'To add to it, write "capabilities.add: [...]".',
    );
  });

  it('tells where a text that is not indented far enough began', () => {
    const file = 'files:\n  - path: a\n    contents: |\n';
    assert.equal(
      first(`${file}    text\n`).hint,
      'The text after "|" on line 3 must be indented further than its key.',
    );
    assert.equal(
      first(`${file}        text\n# note\n      less\n`).hint,
      'If it belongs to the text after "|" on line 3, indent it as far as the text\'s first line.',
    );
  });

  it('tells which texts need quotes', () => {
    const hint = (value: string): string | undefined => first(`kernel:\n  image: a\n  cmdline: ${value}\n`).hint;
    assert.equal(hint('\n    console: ttyS0'), 'A text that has ": " in it needs quotes.');
    assert.equal(hint('{}'), 'A text that begins with "{" needs quotes.');
    assert.match(hint('*.ko') ?? '', /A text that begins with "\*" needs quotes\.$/);
  });

  it('says of warnings and notices what they are', () => {
    assert.match(shown('trust: {}\n'), /^lkit\.yml:1:1: notice: "trust" has no effect/);
    assert.match(shown('kernel: {cmdline: a}\n'), /^lkit\.yml:1:9: warning: /);
  });

  it('keeps the mark below its text', () => {
    assert.match(shown('kernel: {cmdline: "中é😀", imge: b}\n'), /\n {4}1 \| .*\n {6}\| {28}\^{4}$/);
    assert.match(shown('kernel:\n\timage: a\n'), /\n {4}2 \| {2}image: a\n {6}\| \^\n/);
  });

  it('cuts long lines around the place', () => {
    const [, line = '', mark = ''] = shown(`init: [${'aaa, '.repeat(100)}5, ${'bbb, '.repeat(100)}c]\n`).split('\n');
    assert.equal(line.length, 8 + 102);
    assert.match(line, /…a.*, 5, b.*…$/);
    assert.equal(line.indexOf(' 5,') + 1, mark.indexOf('^'));
  });

  it('shows nothing that a terminal would obey', () => {
    assert.equal(shown('init: 5 # \u202e\u0085\n').split('\n')[1], '    1 | init: 5 # \uFFFD\uFFFD');
  });

  it('does without the source', () => {
    assert.equal(
      formatDiagnostic(first('init: 5\n'), undefined),
      'lkit.yml:1:7: "init" must be a list, not the number 5',
    );
  });

  it('uses colours when told to', () => {
    const text = 'init: 5\n';
    const coloured = formatDiagnostic(first(text), source(text), { color: true });
    assert.match(coloured, /\x1b\[31m\^/);
    assert.equal(coloured.replaceAll(/\x1b\[\d+m/g, ''), shown(text));
  });
});

describe('toJsonDiagnostic', () => {
  it('has everything for editors and CI', () => {
    assert.deepEqual(toJsonDiagnostic(first('srvices: []\n')), {
      file: 'lkit.yml',
      line: 1,
      column: 1,
      endLine: 1,
      endColumn: 8,
      severity: 'error',
      code: 'unknown-key',
      message: 'unknown key "srvices" (did you mean "services"?)',
      suggestions: ['services'],
    });
    const { expected, found, hint } = toJsonDiagnostic(first('services: {}\n'));
    assert.deepEqual([expected, found, hint], ['a list', 'a mapping', 'Begin each item of the list with "- ".']);
  });
});

describe('formatGithubAnnotation', () => {
  it('names file, line and columns', () => {
    assert.equal(
      formatGithubAnnotation(first('init: 5\n')),
      '::error file=lkit.yml,line=1,col=7,endColumn=8::"init" must be a list, not the number 5',
    );
    assert.match(formatGithubAnnotation(first('trust: {}\n')), /^::notice file=lkit\.yml,line=1,col=1,endColumn=6::/);
  });

  it('escapes what would end a property or the command', () => {
    assert.equal(
      formatGithubAnnotation(first('"100%": 1\n', 'a,b:c%\n.yml')),
      '::error file=a%2Cb%3Ac%25%0A.yml,line=1,col=1,endColumn=7::unknown key "100%25". ' +
        'Keys here: kernel, init, onboot, onshutdown, services, files, volumes, hardware, trust.',
    );
  });
});

describe('requireSpec', () => {
  it('throws one error that has them all', () => {
    const sources = [source('init: 5\ntrust: {}\n'), source('foo: 1\nbar: 2\n', 'b.yml')];
    assert.throws(
      () => requireSpec(sources),
      (error: unknown) => {
        assert.ok(error instanceof SpecError);
        assert.deepEqual([error.code, error.kind], ['invalid-spec', 'input']);
        assert.deepEqual(error.at, { file: 'lkit.yml', line: 1, column: 7 });
        assert.deepEqual(error.message.split('\n'), [
          '"init" must be a list, not the number 5',
          'b.yml:1:1: unknown key "foo"',
          'b.yml:2:1: unknown key "bar"',
        ]);
        assert.equal(error.diagnostics.length, 4);
        return true;
      },
    );
  });

  it('gives the specification of valid files', () => {
    assert.equal(requireSpec([source('init: [a]\n')]).init[0]?.text, 'a');
  });
});
