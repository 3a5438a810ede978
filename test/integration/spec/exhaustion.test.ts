import assert from 'node:assert/strict';
import { parse, saidOf } from '../../unit/spec/support.ts';

const tooDeep = /^a\.yml:\d+:\d+ values are nested more than 100 levels deep here$/;
const mebibyte = 2 ** 20;

/** The one thing that is said about a text, which must not take long to say. */
function saidAlone(text: string | Uint8Array): string {
  const started = process.cpuUsage();
  const all = saidOf(text);
  assert.ok(process.cpuUsage(started).user < 4e6, 'in less than 4 s');
  assert.equal(all.length, 1, all.join('\n'));
  return all[0] ?? '';
}

describe('parseSpec, given input made to exhaust it', function () {
  this.timeout(30_000);

  it('refuses 10 MB of nesting', () => {
    const message = 'a.yml:1:1 the file is 10 MiB long, and lkit reads at most 4 MiB';
    assert.equal(saidAlone('['.repeat(10 * mebibyte)), message);
    assert.equal(saidAlone(Buffer.alloc(10 * mebibyte, '- ')), message);
  });

  const nesting = {
    lists: '[',
    mappings: '{a: ',
    'block lists': '- ',
    'explicit keys': '? ',
    indentation: Array.from({ length: 1500 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
  };
  for (const [what, text] of Object.entries(nesting)) {
    it(`refuses deep ${what}`, () => {
      assert.match(saidAlone(text.repeat(text.length > 10 ? 1 : mebibyte / text.length)), tooDeep);
    });
  }

  it('reads nesting that is not too deep', () => {
    const text = `${'['.repeat(90)}${']'.repeat(90)}\n`;
    assert.deepEqual(saidOf(text), ['a.yml:1:1 the file must be a mapping, not a list']);
  });

  it('refuses aliases that multiply', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level <= 40; level++) {
      lines.push(`a${level}: &a${level} [${`*a${level - 1}, `.repeat(10)}]`);
    }
    assert.match(
      saidAlone(lines.join('\n')),
      /^a\.yml:5:\d+ the aliases below this stand for more than 100000 values$/,
    );
  });

  it('refuses merge keys that multiply', () => {
    const lines = ['a0: &a0 {x: [1, 2, 3, 4, 5, 6, 7, 8, 9]}'];
    for (let level = 1; level <= 40; level++) {
      const keys = Array.from({ length: 10 }, (_, key) => `k${key}: {<<: *a${level - 1}}`).join(', ');
      lines.push(`a${level}: &a${level} {${keys}}`);
    }
    assert.match(saidAlone(lines.join('\n')), /the aliases below this stand for more than 100000 values$/);
  });

  it('refuses an alias of what contains it', () => {
    assert.deepEqual(saidOf('kernel: &k\n  build: {args: *k}\n'), ['a.yml:2:17 there is no anchor "k"']);
  });

  it('refuses more values than a system has', () => {
    assert.match(
      saidAlone(`init: [${'a, '.repeat(mebibyte)}]\n`),
      /^a\.yml:1:\d+ the file has more values than lkit reads$/,
    );
    assert.match(saidAlone('- a\n'.repeat(mebibyte)), /^a\.yml:\d+:1 the file has more values than lkit reads$/);
  });

  it('describes only what it shows of very many problems', () => {
    const short = Array.from({ length: 10_000 }, (_, index) => `servise${index}: 1\n`).join('');
    const long = Array.from({ length: 4000 }, (_, index) => `${'x'.repeat(1000)}${index}: 1\n`).join('');
    for (const text of [short, long]) {
      const started = process.cpuUsage();
      assert.equal(parse(text).diagnostics.length, 101);
      assert.ok(process.cpuUsage(started).user < 8e6, 'in less than 8 s');
    }
  });

  const garbage = [
    '"',
    "'",
    '\t',
    ' ',
    '\n',
    ']',
    ',',
    '&a ',
    '!a ',
    '%a\n',
    '---\n',
    'a: ',
    '*a ',
    '|\n',
    '"\\q',
    '@',
    'a\n',
    '\\',
    '#',
  ];
  for (const piece of garbage) {
    it(`gives up on two megabytes of ${JSON.stringify(piece)} in time`, () => {
      const started = process.cpuUsage();
      const { spec, diagnostics } = parse(piece.repeat((2 * mebibyte) / piece.length));
      assert.ok(process.cpuUsage(started).user < 8e6, 'in less than 8 s');
      assert.equal(spec, undefined);
      assert.ok(diagnostics.length > 0 && diagnostics.length <= 101);
    });
  }
});
