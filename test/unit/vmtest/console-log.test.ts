import assert from 'node:assert/strict';
import { ConsoleLog, plainLine } from '../../../pkg/vmtest/guest/console-log.ts';
import type { Expectation } from '../../../pkg/vmtest/index.ts';

const text = (wanted: string): Expectation => ({ kind: 'contains', text: wanted });

describe('the log of a console', () => {
  let log: ConsoleLog;
  let lines: string[];
  let ms: number;

  beforeEach(() => {
    ms = 0;
    lines = [];
    log = new ConsoleLog(
      () => ms,
      (line) => lines.push(`${line.atMs} ${line.text}`),
    );
  });

  const print = (output: string): void => {
    log.append(Buffer.from(output));
  };
  const shows = async (expected: Expectation): Promise<boolean> =>
    (await log.waitFor(expected, AbortSignal.abort())).seen;

  it('tells lines, with the time at which they began, however they come in pieces', () => {
    print('one\r\ntw');
    ms = 5;
    print('o\n\x1b[1;31mred\x1b[0m\n');
    assert.deepEqual(lines, ['0 one', '0 two', '5 red']);
    assert.equal(log.firstOutputMs, 0);
    assert.equal(log.lastOutputMs, 5);
  });

  it('keeps characters whole that two pieces share', () => {
    const bytes = Buffer.from('°C\n');
    log.append(bytes.subarray(0, 1));
    log.append(bytes.subarray(1));
    assert.deepEqual(lines, ['0 °C']);
  });

  it('finds what is expected behind what was found before, in a line without an end too', async () => {
    print('ready a\nready b\nlogin: ');
    assert.ok(await shows(text('ready')));
    assert.ok(await shows(text('ready')));
    assert.ok(!(await shows(text('ready'))));
    assert.ok(await shows(text('login: ')));
    assert.ok(!(await shows(text('login: '))));
  });

  it('finds a pattern within one line, and its beginning and end', async () => {
    print('xab\nab\n');
    assert.ok(await shows({ kind: 'matches', pattern: /^ab$/ }));
    assert.ok(!(await shows({ kind: 'matches', pattern: /ab/ })));
  });

  it('waits for a number that is near enough, and tells the last one that was not', async () => {
    const near: Expectation = { kind: 'near', pattern: /t=([\d.]+)/, value: 25.08, tolerance: 0.01 };
    print('t=21.5\nt=24\n');
    assert.deepEqual(await log.waitFor(near, AbortSignal.abort()), { seen: false, found: '24' });
    const later = log.waitFor(near, new AbortController().signal);
    print('t=25.');
    print('09\n');
    assert.deepEqual((await later).seen, true);
  });

  it('stops waiting when it is told to', async () => {
    const abort = new AbortController();
    const waiting = log.waitFor(text('never'), abort.signal);
    abort.abort();
    assert.deepEqual(await waiting, { seen: false });
  });

  it('shows the last lines, or those about a failure', () => {
    print(Array.from({ length: 50 }, (_, n) => `line ${n}\n`).join('') + 'prompt> ');
    assert.deepEqual(log.excerpt(2), ['line 49', 'prompt> ']);
    assert.deepEqual(log.excerpt(5, 'line 20'), ['line 17', 'line 18', 'line 19', 'line 20', 'line 21']);
    assert.deepEqual(log.excerpt(3, 'not there'), ['line 48', 'line 49', 'prompt> ']);
  });

  it('holds a bounded part of a guest that never stops printing', async () => {
    for (let n = 0; n < 300; n++) print(`${'x'.repeat(20)} ${n}\n`.repeat(1000));
    print('here\n');
    assert.ok(await shows(text('here')));
    assert.ok(log.excerpt(1_000_000).length < 110_000);
    for (let n = 0; n < 100; n++) print('y'.repeat(50_000));
    assert.ok(log.excerpt(1)[0]!.length < 128 * 1024);
  });

  const terminal: readonly (readonly [string, string])[] = [
    ['a shell that asks where the cursor is', '\x1b[6n# '],
    ['a title of the window', '\x1b]0;title\x07# '],
    ['a character set', '\x1b(B# '],
    ['carriage returns', '\r# \r'],
  ];
  for (const [what, raw] of terminal) {
    it(`leaves out ${what}`, () => {
      assert.equal(plainLine(raw), '# ');
    });
  }
});
