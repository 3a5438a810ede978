import assert from 'node:assert/strict';
import type { DeviceModel } from '../../../pkg/hardware/model.ts';
import { fromCells, registerRuns } from '../../../pkg/hardware/registers.ts';
import { bus, compile } from './support.ts';

const broken: DeviceModel = {
  name: 'mine',
  description: 'x',
  dataSheet: 'x',
  addresses: [0x30],
  quantities: { level: { description: 'x', unit: 'V', minimum: 0, maximum: 5, default: 1, resolution: 0.001 } },
  encode: ({ level = 0 }) => registerRuns(8, { 0: [Math.round(level * 10)] }),
  decode: () => ({}),
};
const files = {
  models: new Map([['/project/a/mine.js', broken]]),
  dumps: new Map([['/project/a/chip.dump', { file: 'chip.dump', text: '00: 11 22\n' }]]),
  contents: new Map([['/project/a/big.bin', new Uint8Array(300)]]),
};

describe('compileHardware', () => {
  it('fills registers out of a model, with registers of one’s own over them', () => {
    const { hardware, said } = compile(
      bus(
        '{address: 0x76, model: BMP280, temperature: 25.08 °C, pressure: 1006.53 hPa, driver: true, registers: {0xd0: 0x56}}',
      ),
    );
    assert.deepEqual(said, []);
    const device = hardware.buses[0]!.devices[0]!;
    assert.deepEqual(device.driver, { name: 'bmp280', modules: ['bmp280-i2c'] });
    assert.deepEqual(device.values, { temperature: 25.08, pressure: 100_653 });
    const { values } = fromCells(device.cells, 8);
    assert.deepEqual(
      [0x88, 0xd0, 0xfa].map((each) => values.get(each)),
      [0x70, 0x56, 0x7e],
    );
    assert.equal(device.cells[0xcf], 0x5600, 'the register before has it in its upper half');
  });

  it('fills registers out of lists, ranges, words and dumps', () => {
    const { hardware, said } = compile(
      bus(
        '{address: 0x20, registers: {0x00: 0xff, 0x10: [1, 2, 3], 0x20-0x22: 7, 64: 9}}',
        '{address: 0x21, words: {0x00: 0x1950}}',
        '{address: 0x22, dump: chip.dump, registers: {0x01: 0x23}}',
        '{address: 0x30, model: ./mine.js, level: 2.5 V}',
      ),
      files,
    );
    assert.deepEqual(said, []);
    const [lists, words, dumped, mine] = hardware.buses[0]!.devices.map(({ cells }) => cells);
    const { values } = fromCells(lists!, 8);
    assert.deepEqual(
      [0, 1, 0x10, 0x12, 0x20, 0x22, 0x23, 0x40].map((each) => values.get(each)),
      [255, 0, 1, 3, 7, 7, 0, 9],
    );
    assert.equal(words![0], 0x5019);
    assert.deepEqual([...dumped!.subarray(0, 2)], [0x2311, 0x23]);
    assert.equal(mine![0], 25);
  });

  it('names devices after their models, and after their addresses where that is not enough', () => {
    const { hardware } = compile(
      bus(
        '{address: 0x48, model: lm75}',
        '{address: 0x49, model: lm75}',
        '{address: 0x4a, model: lm75, name: outdoor}',
        '{address: 0x50, model: at24c02}',
        '{address: 0x20, words: {0: 1}}',
      ),
    );
    assert.deepEqual(
      hardware.buses[0]!.devices.map(({ name }) => name),
      ['lm75-0x48', 'lm75-0x49', 'outdoor', 'at24c02', '0x20'],
    );
  });

  const mistakes: readonly (readonly [readonly string[], string])[] = [
    [['{address: 0x76, model: bmp28}'], 'a.yml:5:34 there is no model "bmp28" (did you mean "bmp280"?)'],
    [
      ['{address: 0x44, model: sht31}'],
      'a.yml:5:34 "sht31" cannot be emulated on this bus: its commands have 16 bits and its answers no register number, which SMBus cannot carry',
    ],
    [
      ['{address: 0x50, model: at24c32}'],
      'a.yml:5:34 "at24c32" cannot be emulated on this bus: its memory addresses have 16 bits, and those of SMBus have 8',
    ],
    [['{address: 0x48, model: bmp280}'], 'a.yml:5:21 the device bmp280 answers at 0x76 or 0x77, not at 0x48'],
    [
      ['{address: 0x76, model: bmp280, presure: 5 Pa}'],
      'a.yml:5:42 unknown key "presure" in bmp280 (did you mean "pressure"?)',
    ],
    [['{address: 0x76, model: bmp280, humidity: 5 %}'], 'a.yml:5:42 unknown key "humidity" in bmp280'],
    [['{address: 0x76, model: bmp280, toString: 5 %}'], 'a.yml:5:42 unknown key "toString" in bmp280'],
    [['{address: 0x76, model: bmp280, temperature: 25}'], 'a.yml:5:55 temperature: "25" lacks its unit'],
    [
      ['{address: 0x76, model: bmp280, temperature: 99 °C}'],
      'a.yml:5:55 temperature: "99 °C" is outside of the device\'s range, -40 °C to 85 °C',
    ],
    [
      ['{address: 0x40, model: ina219, current: 5 A}'],
      'a.yml:5:34 5 A through 0.1 Ω is 0.5 V, and an INA219 measures 0.32 V at most',
    ],
    [
      ['{address: 0x48, model: ads1115, range: 5 V}'],
      'a.yml:5:34 an ADS1115 has no range of 5 V, only of 6.144, 4.096, 2.048, 1.024, 0.512, 0.256 V',
    ],
    [
      ['{address: 0x48, model: lm75}', '{address: 0x48, model: tmp102}'],
      'a.yml:6:21 a second device has the address 0x48; the first is on line 5',
    ],
    [
      ['{address: 0x48, model: lm75, name: a}', '{address: 0x49, model: lm75, name: a}'],
      'a.yml:6:46 a second device is named "a"',
    ],
    [
      Array.from({ length: 11 }, (_, index) => `{address: ${0x20 + index}, words: {0: 1}}`),
      'a.yml:15:11 11 devices are too many: i2c-stub has room for 10 on its bus',
    ],
    [['{address: 0x20, words: {0: 1}, driver: true}'], 'a.yml:5:50 "driver" has nothing to bind: there is no "model"'],
    [
      ['{address: 0x30, model: ./mine.js, driver: true}'],
      'a.yml:5:53 "driver" has nothing to bind: the model "./mine.js" names no driver of the kernel',
    ],
    [
      ['{address: 0x50, model: at24c02, content: big.bin}'],
      'a.yml:5:52 big.bin has 300 bytes, and the device only 256',
    ],
    [['{address: 0x48, model: lm75, content: big.bin}'], 'a.yml:5:49 the model "lm75" has no memory for "content"'],
    [
      ['{address: 0x20, registers: {0x100: 1}}'],
      'a.yml:5:39 "0x100" is not a register from 0x00 to 0xff, nor a range such as 0x10-0x1f',
    ],
    [
      ['{address: 0x20, registers: {temp: 1}}'],
      'a.yml:5:39 "temp" is not a register from 0x00 to 0xff, nor a range such as 0x10-0x1f',
    ],
    [
      ['{address: 0x20, registers: {0x20-0x10: 1}}'],
      'a.yml:5:39 "0x20-0x10" is not a register from 0x00 to 0xff, nor a range such as 0x10-0x1f',
    ],
    [['{address: 0x20, registers: {0x10: 256}}'], 'a.yml:5:45 256 is not a value of 8 bits, 0 to 0xff'],
    [['{address: 0x20, registers: {0x10: -1}}'], 'a.yml:5:45 -1 is not a value of 8 bits, 0 to 0xff'],
    [['{address: 0x20, words: {0x10: [1, 65536]}}'], 'a.yml:5:41 65536 is not a value of 16 bits, 0 to 0xffff'],
    [
      ['{address: 0x20, registers: {0xff: [1, 2]}}'],
      'a.yml:5:45 2 values from 0xff on go beyond the last register, 0xff',
    ],
    [
      ['{address: 0x20, registers: {0x10-0x12: [1, 2]}}'],
      'a.yml:5:50 2 values do not fill the 3 registers of 0x10-0x12',
    ],
  ];
  for (const [devices, expected] of mistakes) {
    it(`says ${expected}`, () => {
      assert.deepEqual(compile(bus(...devices), files).said, [expected]);
    });
  }

  it('says that the kernel has one emulated bus', () => {
    const second = '    - {name: other, devices: [{address: 0x48, model: lm75}]}\n';
    assert.deepEqual(compile(bus('{address: 0x48, model: lm75}') + second).said, [
      `a.yml:6:14 a second I2C bus, "other", is not possible: the kernel's i2c-stub makes one`,
    ]);
  });

  it('says what a value becomes that lies between two steps of the device', () => {
    const { said, hardware } = compile(bus('{address: 0x48, model: lm75, temperature: 21.3 °C}'));
    assert.deepEqual(said, ['a.yml:5:53 notice: temperature: a lm75 tells it in steps of 0.5 °C: it will be 21.5 °C']);
    assert.equal(hardware.buses.length, 1);
  });

  it('tells everything in one run', () => {
    const { said } = compile(
      bus('{address: 0x76, model: bmp28}', '{address: 0x48, model: lm75, temprature: 5 °C, temperature: 5}'),
    );
    assert.equal(said.length, 3);
  });
});
