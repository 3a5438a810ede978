import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type GuestFrame, guestLine, GuestReader } from '../../../pkg/machine/guest/frames.ts';

/** What the agent's own shell makes of a line: each word, after a zero byte. */
function readByShell(line: string): Buffer {
  const script = 'IFS= read -r line; eval "set -- ${line% .}"; for word in "$@"; do printf "\\0%s" "$word"; done';
  return spawnSync('busybox', ['sh', '-c', script], { input: line }).stdout;
}

describe('machine: lines for the agent', () => {
  const hostile = [
    ['an empty word', ''],
    ['blanks, tabs and line ends', ' a\t b\n\nc \r\n'],
    ['quotes and what a shell expands', `'"\`$(reboot)\${PATH}\\'$'x'~*?[a]{b,c};&|<>#!`],
    ['what ends a line for the agent', 'cut off here .\nrun 2 null'],
    ['every character of Latin-1 but NUL', String.fromCharCode(...Array.from({ length: 255 }, (_, i) => i + 1))],
    ['characters of several bytes', 'żółw 龜 🐢'],
    ['a backslash before digits', '\\101\\'],
  ] as const;

  for (const [title, word] of hostile) {
    it(`carry ${title}`, () => {
      const line = guestLine('run', 7, word, 'end');
      assert.match(line, /^[ -~]* \.\n$/, 'one line of printable ASCII');
      assert.deepEqual(readByShell(line), Buffer.from(['run', '7', word, 'end'].map((each) => `\0${each}`).join('')));
    });
  }

  it('hold no ` .` but at their end, whatever is in them', () => {
    for (const [, word] of hostile) assert.equal(guestLine(word, word).indexOf(' .'), guestLine(word, word).length - 3);
  });
});

/** Frames with neighbouring pieces of one command's output put together. */
function read(reader: GuestReader, chunks: readonly Buffer[]): readonly GuestFrame[] {
  const frames: GuestFrame[] = [];
  for (const frame of chunks.flatMap((chunk) => reader.read(chunk))) {
    const last = frames.at(-1);
    if (last !== undefined && 'bytes' in last && 'bytes' in frame && last.kind === frame.kind) {
      frames[frames.length - 1] = { ...last, bytes: Buffer.concat([last.bytes, frame.bytes]) };
    } else {
      frames.push(frame);
    }
  }
  return frames;
}

function greeted(): GuestReader {
  const reader = new GuestReader();
  reader.expectHello('abc');
  assert.deepEqual(reader.read(Buffer.from('\nhello abc 1 .\n')), [{ kind: 'hello' }]);
  return reader;
}

describe('machine: what the agent says', () => {
  // Bytes that look like frames, inside of one.
  const printed = Buffer.from('\nexit 1 0 .\n\0\xff\nhello abc 1 .\n', 'latin1');
  const session = Buffer.concat([
    Buffer.from('\nhello abc 1 .\n'),
    Buffer.from(`out 1 ${printed.length} .\n`),
    printed,
    Buffer.from('ack 1 .\nerr 1 2 .\n\n\nexit 1 137 .\nrefused 2 no-service .\n'),
  ]);
  const expected: readonly GuestFrame[] = [
    { kind: 'hello' },
    { kind: 'out', run: 1, bytes: printed },
    { kind: 'ack', run: 1 },
    { kind: 'err', run: 1, bytes: Buffer.from('\n\n') },
    { kind: 'exit', run: 1, exitCode: 137 },
    { kind: 'refused', run: 2, reason: 'no-service' },
  ];

  it('is the same wherever it is cut', () => {
    for (let cut = 0; cut <= session.length; cut++) {
      const reader = new GuestReader();
      reader.expectHello('abc');
      assert.deepEqual(read(reader, [session.subarray(0, cut), session.subarray(cut)]), expected, `cut at ${cut}`);
    }
    const reader = new GuestReader();
    reader.expectHello('abc');
    assert.deepEqual(
      read(
        reader,
        [...session].map((byte) => Buffer.from([byte])),
      ),
      expected,
    );
  });

  it('counts only from the answer to the greeting on, whatever another client left', () => {
    const reader = new GuestReader();
    reader.expectHello('abc');
    const rest = Buffer.concat([Buffer.alloc(3_000_000, '\nhello abd 1 .\nexit 1 0 .\nout 1 5 .'), session]);
    assert.deepEqual(read(reader, [rest.subarray(0, 1_000_001), rest.subarray(1_000_001)]), expected);
  });

  it('is skipped again, in the middle of output, when another greeting is expected', () => {
    const reader = greeted();
    assert.deepEqual(read(reader, [Buffer.from('out 1 1000 .\nabc')]), [
      { kind: 'out', run: 1, bytes: Buffer.from('abc') },
    ]);
    reader.expectHello('def');
    assert.deepEqual(read(reader, [Buffer.from('xyz\nhello def 1 .\nexit 2 0 .\n')]), [
      { kind: 'hello' },
      { kind: 'exit', run: 2, exitCode: 0 },
    ]);
  });

  for (const line of [
    'reboot 1 2 .',
    'exit 1 0',
    'exit 1 -1 .',
    'exit 1 0 0 .',
    'exit 1  .',
    'out 1 0 .',
    'out 1 1e9 .',
    'out 1 99999999999 .',
    'refused 1 why .',
    '\x1b[2J\xff',
  ]) {
    it(`is refused when it is ${JSON.stringify(line)}`, () => {
      assert.throws(() => greeted().read(Buffer.from(`${line}\n`, 'latin1')), {
        code: 'guest-lost',
        message: /sent "/,
      });
    });
  }

  it('is refused when a line never ends', () => {
    const reader = greeted();
    assert.throws(() => {
      for (let turn = 0; turn < 100; turn++) reader.read(Buffer.alloc(64, 'x'));
    }, /sent "xxx/);
  });
});
