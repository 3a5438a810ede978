import assert from 'node:assert/strict';
import {
  type BusAccess,
  formatAccess,
  findDevice,
  type GuestHardware,
  type GuestShell,
  modelOf,
  parseAssignment,
  playScenario,
  readCells,
  readHardware,
  writesFor,
} from '../../../pkg/hardware/index.ts';
import { TraceReader } from '../../../pkg/hardware/live/trace.ts';
import { bmp280 } from '../../../pkg/hardware/models/bmp280.ts';
import { lm75 } from '../../../pkg/hardware/models/lm75.ts';
import { toCells } from '../../../pkg/hardware/registers.ts';
import { valuesOf } from './support.ts';

const hardware: GuestHardware = {
  buses: [
    {
      name: 'sensors',
      devices: [
        { name: 'air', address: 0x76, model: 'bmp280', driver: true, values: { temperature: 20, pressure: 100_000 } },
        { name: 'lm75', address: 0x48, model: 'lm75', values: { temperature: 20 } },
        { name: '0x20', address: 0x20, values: {} },
      ],
    },
  ],
  scenarios: ['heat'],
};

/** A guest in which every command prints the same. */
function guestThat(stdout: string, exitCode = 0, stderr = ''): GuestShell {
  return { run: async () => Promise.resolve({ exitCode, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) }) };
}

describe('a running machine’s hardware', () => {
  it('is what the guest’s description says', async () => {
    assert.deepEqual(await readHardware(guestThat(JSON.stringify(hardware))), hardware);
    await assert.rejects(readHardware(guestThat('')), { code: 'no-hardware', kind: 'input' });
  });

  it('is found by name, bus and name, or address', () => {
    for (const name of ['air', 'sensors/air', '0x76']) assert.equal(findDevice(hardware, name).address, 0x76);
    assert.throws(() => findDevice(hardware, 'lm57'), /there is no device "lm57" \(did you mean "lm75"\?\)/);
  });

  it('tells why the guest refused', async () => {
    const guest = guestThat('', 1, 'x\nthe bus sensors is not there\n');
    await assert.rejects(readCells(guest, findDevice(hardware, 'air')), {
      code: 'guest-failed',
      message: 'the guest could not do that: the bus sensors is not there',
    });
    await assert.rejects(readCells(guestThat('what?'), findDevice(hardware, 'air')), { code: 'guest-failed' });
  });

  it('plays scenarios that there are', async () => {
    await playScenario(guestThat(''), hardware, 'heat');
    await assert.rejects(playScenario(guestThat(''), hardware, 'cold'), { code: 'no-scenario' });
  });

  it('finds its models by name, and the user’s own by file', async () => {
    assert.equal(await modelOf(findDevice(hardware, 'air'), '/'), bmp280);
    assert.equal(await modelOf(findDevice(hardware, '0x20'), '/'), undefined);
    const mine = { ...findDevice(hardware, 'air'), model: './none.js' };
    await assert.rejects(modelOf(mine, '/nowhere'), { code: 'no-model', hint: 'Run lkit where the YAML is.' });
  });
});

describe('writesFor', () => {
  const air = findDevice(hardware, 'air');
  const cells = (): Uint16Array => toCells(bmp280.encode(valuesOf(bmp280, air.values)));

  it('changes what a quantity stands in, and nothing that a program set', () => {
    const now = cells();
    now[0xf4] = 0x57;
    const writes = writesFor(air, bmp280, now, [parseAssignment('temperature=30 °C')]);
    assert.deepEqual(
      writes.map(({ register, kind }) => [register, kind]),
      [
        [0xf6, 'high'],
        [0xf7, 'word'],
        [0xf8, 'word'],
        [0xf9, 'word'],
        [0xfa, 'word'],
        [0xfb, 'word'],
        [0xfc, 'word'],
      ],
    );
    for (const { register, word } of writes) now[register] = word;
    const { temperature } = bmp280.decode({
      width: 8,
      values: new Map([...now].map((cell, index) => [index, cell & 0xff])),
    });
    assert.equal(temperature.toFixed(2), '30.00');
    assert.equal(now[0xf4], 0x57);
  });

  it('changes registers, in the width that the device has', () => {
    const lm = findDevice(hardware, 'lm75');
    const words = toCells(lm75.encode({ temperature: 20 }));
    assert.deepEqual(writesFor(lm, lm75, words, [parseAssignment('0x02=0x4c80')]), [
      { kind: 'word', register: 2, word: 0x804c },
    ]);
    assert.deepEqual(
      writesFor(findDevice(hardware, '0x20'), undefined, new Uint16Array(256), [parseAssignment('16=255')]),
      [
        { kind: 'high', register: 15, word: 0xff00 },
        { kind: 'word', register: 16, word: 0x00ff },
      ],
    );
  });

  for (const [text, expected] of [
    ['temperature', /"temperature" is no assignment/],
    ['temprature=5 °C', /the device "air" has no "temprature" \(did you mean "temperature"\?\)/],
    ['temperature=5', /temperature: "5" lacks its unit/],
    ['0x10=0x100', /"0x100" is not a value of 8 bits/],
    ['0x10=warm', /"warm" is not a value of 8 bits/],
    ['300=1', /"300" is not a register from 0x00 to 0xff/],
  ] as const) {
    it(`refuses ${text}`, () => {
      assert.throws(() => writesFor(air, bmp280, cells(), [parseAssignment(text)]), expected);
    });
  }

  it('knows that a device without a model has registers only', () => {
    const board = findDevice(hardware, '0x20');
    const assignment = parseAssignment('temperature=5 °C');
    assert.throws(
      () => writesFor(board, undefined, cells(), [assignment]),
      /the device "0x20" has no model, only registers/,
    );
  });
});

describe('TraceReader', () => {
  // Recorded on Debian's kernel 6.1.
  const trace = `# tracer: nop
          i2cset-374     [001] .....     7.526010: smbus_write: i2c-0 a=076 f=0000 c=20 WORD_DATA l=2 [34-12]
          i2cset-374     [001] .....     7.526551: smbus_result: i2c-0 a=076 f=0000 c=20 WORD_DATA wr res=0
          i2cset-376     [001] .....     7.537520: smbus_write: i2c-0 a=076 f=0000 c=f4 I2C_BLOCK_DATA l=4 [03-01-02-03]
          i2cset-376     [001] .....     7.537587: smbus_result: i2c-0 a=076 f=0000 c=f4 I2C_BLOCK_DATA wr res=0
   kworker/0:1-17        [001] d..1.     7.549188: smbus_read: i2c-0 a=048 f=0000 c=0 BYTE_DATA
   kworker/0:1-17        [001] d..1.     7.549203: smbus_reply: i2c-0 a=048 f=0000 c=0 BYTE_DATA l=1 [01]
   kworker/0:1-17        [001] d..1.     7.549224: smbus_result: i2c-0 a=048 f=0000 c=0 BYTE_DATA rd res=0
          i2cset-380     [000] .....     7.559693: smbus_write: i2c-0 a=076 f=0000 c=20 BYTE l=0 []
          i2cset-380     [000] .....     7.559717: smbus_result: i2c-0 a=076 f=0000 c=20 BYTE wr res=0
       i2cdetect-381     [000] .....     7.568338: smbus_write: i2c-0 a=072 f=0000 c=0 QUICK l=0 []
       i2cdetect-381     [000] .....     7.568341: smbus_result: i2c-0 a=072 f=0000 c=0 QUICK wr res=-19
          i2cget-382     [000] .....     7.573284: smbus_read: i2c-0 a=075 f=0000 c=20 BYTE_DATA
          i2cget-382     [000] .....     7.573296: smbus_result: i2c-0 a=075 f=0000 c=20 BYTE_DATA rd res=-19`;

  function accesses(): readonly BusAccess[] {
    const reader = new TraceReader();
    return trace.split('\n').flatMap((line) => reader.read(line) ?? []);
  }

  it('makes one access of a read and its reply, with the error where it failed', () => {
    assert.deepEqual(
      accesses().map(({ direction, register, protocol, bytes, error }) => [
        direction,
        register,
        protocol,
        bytes,
        error,
      ]),
      [
        ['write', 0x20, 'WORD_DATA', [0x34, 0x12], undefined],
        ['write', 0xf4, 'I2C_BLOCK_DATA', [1, 2, 3], undefined],
        ['read', 0, 'BYTE_DATA', [1], undefined],
        ['write', 0x20, 'BYTE', [], undefined],
        ['write', 0, 'QUICK', [], 19],
        ['read', 0x20, 'BYTE_DATA', [], 19],
      ],
    );
  });

  it('prints devices by their names, unknown ones by their addresses', () => {
    assert.deepEqual(
      accesses().map((access) => formatAccess(access, hardware)),
      [
        '    7.526010  air         write 0x20  34 12  (i2cset)',
        '    7.537520  air         write 0xf4  01 02 03  (i2cset)',
        '    7.549203  lm75        read  0x00  01  (kworker/0:1)',
        '    7.559693  air         write 0x20    (i2cset)',
        '    7.568338  0x72        write       error 19  (i2cdetect)',
        '    7.573284  0x75        read  0x20  error 19  (i2cget)',
      ],
    );
  });
});
