import assert from 'node:assert/strict';
import { parseDump } from '../../../pkg/hardware/dump.ts';
import { Findings } from '../../../pkg/hardware/findings.ts';
import { fromCells, registerRuns, toCells } from '../../../pkg/hardware/registers.ts';
import { writesBetween } from '../../../pkg/hardware/writes.ts';
import { said } from '../spec/support.ts';

describe('cells', () => {
  it('hold a register and the next one, so that SMBus words are what the device would send', () => {
    const cells = toCells(registerRuns(8, { 0x88: [0x70, 0x6b, 0x43], 0xff: [0x12], 0x00: [0x34] }));
    assert.deepEqual([cells[0x87], cells[0x88], cells[0x89], cells[0x8a]], [0x7000, 0x6b70, 0x436b, 0x0043]);
    assert.equal(cells[0xff], 0x3412, 'after the last register comes the first');
  });

  it('hold registers of 16 bits with the more significant byte first', () => {
    assert.equal(toCells(registerRuns(16, { 0: [0x1950] }))[0], 0x5019);
  });

  for (const width of [8, 16] as const) {
    it(`give registers of ${width} bits back`, () => {
      const values = Array.from({ length: 256 }, (_, index) => (index * 40_503) % 2 ** width);
      const image = registerRuns(width, { 0: values });
      assert.deepEqual(fromCells(toCells(image), width), image);
    });
  }

  it('give bytes back although a program changed one, which leaves the neighbour’s upper half stale', () => {
    const cells = toCells(registerRuns(8, { 0xf3: [0x01, 0x02, 0x03] }));
    cells[0xf4] = ((cells[0xf4] ?? 0) & 0xff00) | 0x57;
    const { values } = fromCells(cells, 8);
    assert.deepEqual(
      [0xf3, 0xf4, 0xf5].map((each) => values.get(each)),
      [0x01, 0x57, 0x03],
    );
  });
});

describe('writesBetween', () => {
  it('writes what differs, and of the register before it only the upper half', () => {
    const before = toCells(registerRuns(8, { 0xf6: [0x11, 0x65, 0x5a] }));
    const after = toCells(registerRuns(8, { 0xf6: [0x11, 0x66, 0x5a] }));
    assert.deepEqual(writesBetween(before, after), [
      { kind: 'high', register: 0xf6, word: 0x6611 },
      { kind: 'word', register: 0xf7, word: 0x5a66 },
    ]);
    assert.deepEqual(writesBetween(after, after), []);
  });
});

describe('parseDump', () => {
  const byBytes = `No size specified (using byte-data access)
     0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f    0123456789abcdef
00: ff 01 XX 03 00 00 00 00 00 00 00 00 00 00 00 00    ..X.............
f0: 00 00 00 00 00 00 00 65 5a c0 7e ed 00 00 00 aa    .......eZ?~?....
`;
  // "i2cdump -r 0x22-0x25": the registers outside of the range are blank.
  const range = `     0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f    0123456789abcdef
20:       12 34 56 78                                  .4Vx
`;
  const byWords = `     0,8  1,9  2,a  3,b  4,c  5,d  6,e  7,f
00: 5019 XXXX 1234 0000 0000 0000 0000 0000 
08: 0000 0000 0000 0000 0000 0000 0000 abcd 
`;
  const parse = (text: string): { readonly cells: Uint16Array | undefined; readonly problems: readonly string[] } => {
    const findings = new Findings();
    return { cells: parseDump({ file: 'chip.dump', text }, findings), problems: findings.diagnostics.map(said) };
  };

  it('reads bytes; those that could not be read are 0', () => {
    const { cells, problems } = parse(byBytes);
    assert.deepEqual(problems, []);
    const { values } = fromCells(cells!, 8);
    assert.deepEqual(
      [0, 1, 2, 3, 0xf7, 0xf8, 0xff].map((each) => values.get(each)),
      [0xff, 1, 0, 3, 0x65, 0x5a, 0xaa],
    );
    assert.equal(cells![0xf7], 0x5a65);
  });

  it('reads a range', () => {
    const { values } = fromCells(parse(range).cells!, 8);
    assert.deepEqual(
      [0x21, 0x22, 0x25, 0x26].map((each) => values.get(each)),
      [0, 0x12, 0x78, 0],
    );
  });

  it('reads words as SMBus has them', () => {
    const { cells, problems } = parse(byWords.replaceAll('\n', '\r\n'));
    assert.deepEqual(problems, []);
    assert.deepEqual([cells![0], cells![1], cells![2], cells![15]], [0x5019, 0, 0x1234, 0xabcd]);
  });

  it('says where a dump is damaged', () => {
    assert.deepEqual(parse(byBytes.replace('65 5a', '65 5g')).problems, [
      'chip.dump:4:29 "5g" is not a register\'s value of 2 hexadecimal digits, nor XX',
    ]);
    assert.deepEqual(parse(byWords.replace('abcd', 'abc')).problems, [
      'chip.dump:3:40 "abc " is not a register\'s value of 4 hexadecimal digits, nor XXXX',
    ]);
    assert.deepEqual(parse('hello\n').problems, [
      'chip.dump:1:1 this is not the output of i2cdump: no line begins with "00: "',
    ]);
    assert.deepEqual(parse('').problems.length, 1);
  });
});
