import assert from 'node:assert/strict';
import { celsius, exampleCalibration, fineTemperature, pascal } from '../../../pkg/hardware/bosch.ts';
import { ads1115 } from '../../../pkg/hardware/models/ads1115.ts';
import { at24c01, at24c02 } from '../../../pkg/hardware/models/at24.ts';
import { bme280, relativeHumidity } from '../../../pkg/hardware/models/bme280.ts';
import { bmp280 } from '../../../pkg/hardware/models/bmp280.ts';
import { ds1307 } from '../../../pkg/hardware/models/ds1307.ts';
import { ds3231 } from '../../../pkg/hardware/models/ds3231.ts';
import { ina219 } from '../../../pkg/hardware/models/ina219.ts';
import { models } from '../../../pkg/hardware/models/index.ts';
import { lm75 } from '../../../pkg/hardware/models/lm75.ts';
import { mcp23017 } from '../../../pkg/hardware/models/mcp23017.ts';
import { pcf8574 } from '../../../pkg/hardware/models/pcf8574.ts';
import { tmp102 } from '../../../pkg/hardware/models/tmp102.ts';
import { tmp117 } from '../../../pkg/hardware/models/tmp117.ts';
import type { DeviceModel, RegisterImage } from '../../../pkg/hardware/model.ts';
import { register } from '../../../pkg/hardware/registers.ts';
import { formatQuantity } from '../../../pkg/hardware/units.ts';
import { bytes, image8, readBack, registersOf } from './support.ts';

/** `00 ff` */
function hexOf(image: RegisterImage, first: number, last: number): string {
  return Array.from({ length: last - first + 1 }, (_, index) => register(image, first + index))
    .map((value) => value.toString(16).padStart(image.width / 4, '0'))
    .join(' ');
}

/** How far from a value the nearest that the device can tell may be. */
function tolerance(model: DeviceModel, quantity: string): number {
  const own: Readonly<Record<string, number>> = {
    'bmp280 pressure': 0.2,
    'bme280 pressure': 0.2,
    'ina219 current': 5.1e-5,
    'ads1115 voltage': 2.048 / 65536,
  };
  return own[`${model.name} ${quantity}`] ?? (model.quantities[quantity]?.resolution ?? 0) * 0.51;
}

/** What goes with other quantities: a shunt of 0.1 Ω carries 3.2 A; the range of an ADC is a choice of six. */
const spans: Readonly<Record<string, readonly [number, number]>> = {
  'ina219 current': [-3.2, 3.2],
  'ads1115 voltage': [-2.048, 2.0479],
  'ads1115 range': [2.048, 2.048],
};

describe('every model', () => {
  for (const model of models) {
    for (const [name, { minimum, maximum, unit }] of Object.entries(model.quantities)) {
      const [low, high] = spans[`${model.name} ${name}`] ?? [minimum, maximum];
      it(`${model.name} gives ${name} back over its whole range`, () => {
        for (let step = 0; step <= 500; step++) {
          const exact = low + ((high - low) * step) / 500;
          const value = unit === 'time' || unit === 'number' ? Math.round(exact) : exact;
          const { [name]: read } = readBack(model, { [name]: value });
          assert.ok(Math.abs(read! - value) <= tolerance(model, name), `${value} came back as ${read}`);
        }
      });
    }

    it(`${model.name} has registers that fit, a data sheet and addresses on the bus`, () => {
      const image = registersOf(model, {});
      for (const value of image.values.values()) assert.ok(value >= 0 && value < 2 ** image.width);
      assert.match(model.dataSheet, /^(Bosch|Texas Instruments|Maxim|Microchip|NXP) .*(section|table|figure)/);
      assert.ok(model.addresses.every((address) => address >= 0x03 && address <= 0x77));
    });
  }
});

describe('bmp280', () => {
  const calibration = bytes(0x88, '70 6b 43 67 18 fc 7d 8e 43 d6 d0 0b 27 0b 8c 00 f9 ff 8c 3c f8 c6 70 17');
  const measurement = bytes(0xf7, '65 5a c0 7e ed 00');

  it('reads the data sheet’s example: 25.08 °C and 100653 Pa (section 3.12, figure 6)', () => {
    const { temperature, pressure } = bmp280.decode(image8(calibration, measurement));
    assert.equal(temperature.toFixed(2), '25.08');
    assert.equal(pressure.toFixed(0), '100653');
  });

  it('has t_fine 128422 on the way there', () => {
    assert.equal(Math.trunc(fineTemperature(519888, exampleCalibration)), 128422);
  });

  it('writes the calibration of the example, byte by byte, and the chip’s identification', () => {
    const image = registersOf(bmp280, {});
    assert.equal(
      hexOf(image, 0x88, 0x9f),
      Object.values(calibration)[0]!
        .map((byte) => byte.toString(16).padStart(2, '0'))
        .join(' '),
    );
    assert.equal(register(image, 0xd0), 0x58);
  });

  it('writes raw values within a step of the example’s for its temperature and pressure', () => {
    const image = registersOf(bmp280, {
      temperature: celsius(128422.2),
      pressure: pascal(415148, 128422, exampleCalibration),
    });
    const raw = (start: number): number =>
      (register(image, start) << 12) | (register(image, start + 1) << 4) | (register(image, start + 2) >> 4);
    assert.ok(Math.abs(raw(0xfa) - 519888) <= 1);
    assert.ok(Math.abs(raw(0xf7) - 415148) <= 1);
  });

  // Copies of the example are in circulation that lost signs: registers, and the pressure that they give.
  const wrongCopies = [
    ['P4', { 0x94: [0xd9, 0xf4] }, 116_467],
    ['P4, P5 and P7', { 0x94: [0xd9, 0xf4, 0x74, 0xff], 0x9a: [0x74, 0xc3] }, 114_530],
  ] as const;
  for (const [names, runs, expected] of wrongCopies) {
    it(`tells a copy of the example with the wrong sign of ${names}: ${expected} Pa`, () => {
      const right = image8(calibration, measurement);
      const wrong = image8(runs);
      const { pressure } = bmp280.decode({ width: 8, values: new Map([...right.values, ...wrong.values]) });
      assert.equal(Math.round(pressure), expected);
    });
  }
});

describe('bme280', () => {
  /** The 32-bit fixed point formula of the data sheet, section 4.2.3: an independent way to the same value. */
  function fixedPoint(adc: number, fine: number): number {
    const [h1, h2, h3, h4, h5, h6] = [75n, 362n, 0n, 313n, 50n, 30n];
    const f = BigInt(Math.trunc(fine)) - 76800n;
    let v =
      (((BigInt(adc) << 14n) - (h4 << 20n) - h5 * f + 16384n) >> 15n) *
      (((((((f * h6) >> 10n) * (((f * h3) >> 11n) + 32768n)) >> 10n) + 2097152n) * h2 + 8192n) >> 14n);
    v -= ((((v >> 15n) * (v >> 15n)) >> 7n) * h1) >> 4n;
    v = v < 0n ? 0n : v > 419430400n ? 419430400n : v;
    return Number(v >> 12n) / 1024;
  }

  it('agrees with the data sheet’s other formula', () => {
    for (const humidity of [1, 10, 33.3, 50, 87.6, 99]) {
      for (const temperature of [-20, 0, 25, 60]) {
        const image = registersOf(bme280, { humidity, temperature });
        const raw = (register(image, 0xfd) << 8) | register(image, 0xfe);
        const fine = fineTemperature(
          (register(image, 0xfa) << 12) | (register(image, 0xfb) << 4) | (register(image, 0xfc) >> 4),
          exampleCalibration,
        );
        assert.ok(Math.abs(fixedPoint(raw, fine) - humidity) < 0.05, `${humidity} % at ${temperature} °C`);
      }
    }
  });

  it('reads signed calibration values of 12 bits, as H4 and H5 are', () => {
    const values = new Map(registersOf(bme280, { humidity: 40 }).values);
    // H4 = −1: 0xE4 = 0xff, low half of 0xE5 = 0xf.
    values.set(0xe4, 0xff).set(0xe5, 0x2f);
    const { humidity } = bme280.decode({ width: 8, values });
    const raw = (values.get(0xfd)! << 8) | values.get(0xfe)!;
    assert.equal(
      humidity,
      Math.min(
        relativeHumidity(
          raw,
          fineTemperature(
            (values.get(0xfa)! << 12) | (values.get(0xfb)! << 4) | (values.get(0xfc)! >> 4),
            exampleCalibration,
          ),
          [75, 362, 0, -1, 50, 30],
        ),
        100,
      ),
    );
  });

  it('identifies itself as 0x60', () => {
    assert.equal(register(registersOf(bme280, {}), 0xd0), 0x60);
  });
});

describe('the data sheets’ tables', () => {
  const tables: readonly (readonly [DeviceModel, string, readonly (readonly [number, number])[]])[] = [
    // LM75A, table 1: nine bits.
    [
      lm75,
      'temperature',
      [
        [125, 0xfa],
        [25, 0x32],
        [0.5, 0x01],
        [0, 0],
        [-0.5, 0x1ff],
        [-25, 0x1ce],
        [-55, 0x192],
      ].map(([c, r]) => [c!, r! << 7]),
    ],
    // TMP102, table 7-2: twelve bits.
    [
      tmp102,
      'temperature',
      [
        [127.9375, 0x7ff],
        [100, 0x640],
        [80, 0x500],
        [75, 0x4b0],
        [50, 0x320],
        [25, 0x190],
        [0.25, 0x004],
        [0, 0],
        [-0.25, 0xffc],
        [-25, 0xe70],
        [-55, 0xc90],
      ].map(([c, r]) => [c!, r! << 4]),
    ],
    // TMP117, table 7-1.
    [
      tmp117,
      'temperature',
      [
        [-25, 0xf380],
        [-0.125, 0xfff0],
        [-0.0078125, 0xffff],
        [0, 0],
        [0.0078125, 1],
        [0.125, 0x0010],
        [1, 0x0080],
        [25, 0x0c80],
        [100, 0x3200],
      ],
    ],
    // ADS1115, table 7-3, at a full scale of 2.048 V.
    [
      ads1115,
      'voltage',
      [
        [2.048, 0x7fff],
        [2.048 / 32768, 1],
        [0, 0],
        [-2.048 / 32768, 0xffff],
        [-2.048, 0x8000],
        [5, 0x7fff],
        [-5, 0x8000],
      ],
    ],
  ];
  for (const [model, quantity, rows] of tables) {
    it(`${model.name}: ${rows.length} rows`, () => {
      for (const [value, expected] of rows)
        assert.equal(register(registersOf(model, { [quantity]: value }), 0), expected, `${value}`);
    });
  }

  it('tmp102 in extended mode, in which Linux’s driver uses it: 13 bits (table 7-3)', () => {
    const driver = { driver: true, content: new Uint8Array() };
    const rows = [
      [150, 0x960],
      [128, 0x800],
      [127.9375, 0x7ff],
      [25, 0x190],
      [-0.25, 0x1ffc],
      [-25, 0x1e70],
      [-55, 0x1c90],
    ] as const;
    for (const [celsius, raw] of rows) {
      const image = registersOf(tmp102, { temperature: celsius }, driver);
      assert.equal(register(image, 0), raw << 3, String(celsius));
      assert.equal(register(image, 1), 0x60b0);
      assert.equal(readBack(tmp102, { temperature: celsius }, driver)['temperature'], celsius);
    }
  });

  it('ina219: 10 A through 2 mΩ at 11.98 V (section 8.5.3)', () => {
    const image = registersOf(ina219, { current: 10, resistance: 0.002, voltage: 11.98, calibration: 0x5000 });
    assert.equal(hexOf(image, 0, 5), '399f 07d0 5d9a 1766 2710 5000');
  });

  it('ina219 refuses more than its shunt input can carry', () => {
    assert.throws(
      () => registersOf(ina219, { current: 4 }),
      /4 A through 0.1 Ω is 0.4 V, and an INA219 measures 0.32 V/,
    );
  });

  it('ads1115 has the configuration of power-up, and only the ranges that there are', () => {
    assert.equal(register(registersOf(ads1115, {}), 1), 0x8583);
    for (const range of [6.144, 4.096, 2.048, 1.024, 0.512, 0.256]) {
      assert.equal(readBack(ads1115, { range, voltage: range / 4 })['voltage'], range / 4);
    }
    assert.throws(() => registersOf(ads1115, { range: 5 }), /no range of 5 V, only of 6.144, 4.096/);
  });

  it('ds3231: 25.25 °C is 0x19, 0x40; control and status are those of a running clock', () => {
    assert.equal(hexOf(registersOf(ds3231, { temperature: 25.25 }), 0x11, 0x12), '19 40');
    assert.equal(hexOf(registersOf(ds3231, { temperature: -0.25 }), 0x11, 0x12), 'ff c0');
    assert.equal(hexOf(registersOf(ds3231, {}), 0x0e, 0x10), '1c 08 00');
  });

  it('mcp23017 after power-up: all pins are inputs, everything else is 0 (table 3-5)', () => {
    const image = registersOf(mcp23017, {});
    assert.equal(hexOf(image, 0, 0x15), `ff ff${' 00'.repeat(20)}`);
    assert.equal(hexOf(registersOf(mcp23017, { inputs: 0xa55a }), 0x12, 0x13), '5a a5');
    assert.equal(
      hexOf(registersOf(mcp23017, { inputs: 0xffff, directions: 0x00ff, outputs: 0x1234 }), 0x12, 0x15),
      'ff 12 34 12',
    );
  });

  it('pcf8574 answers every byte with its pins', () => {
    assert.deepEqual([...new Set(registersOf(pcf8574, { inputs: 0x5a }).values.values())], [0x5a]);
  });
});

describe('clocks', () => {
  const seconds = (text: string): number => Date.parse(text) / 1000;
  const rows = [
    ['2000-01-01T00:00:00Z', '00 00 00 07 01 01 00'],
    ['2024-02-29T23:59:58Z', '58 59 23 05 29 02 24'],
    ['2026-11-21T12:34:56Z', '56 34 12 07 21 11 26'],
    ['2099-12-31T23:59:59Z', '59 59 23 05 31 12 99'],
  ] as const;
  for (const model of [ds1307, ds3231]) {
    for (const [time, registers] of rows) {
      it(`${model.name} shows ${time} as ${registers}`, () => {
        assert.equal(hexOf(registersOf(model, { time: seconds(time) }), 0, 6), registers);
      });
    }
  }

  it('read the hours of a program that set twelve of them', () => {
    const at = (hours: number): string => {
      const image = image8({ 0: [0, 0, hours, 1, 1, 1, 0x26] });
      return formatQuantity(ds1307.decode(image).time, ds1307.quantities.time);
    };
    assert.equal(at(0x52), '2026-01-01T00:00:00Z');
    assert.equal(at(0x72), '2026-01-01T12:00:00Z');
    assert.equal(at(0x51), '2026-01-01T11:00:00Z');
    assert.equal(at(0x71), '2026-01-01T23:00:00Z');
  });

  it('shows the day of the week that it is', () => {
    for (let day = 0; day < 3000; day++) {
      const time = seconds('2020-01-01T00:00:00Z') + day * 86_400;
      assert.equal(register(registersOf(ds3231, { time }), 3), new Date(time * 1000).getUTCDay() + 1);
    }
  });
});

describe('EEPROMs', () => {
  const content = Uint8Array.from({ length: 100 }, (_, index) => index);

  it('hold the content, and ones behind it', () => {
    const image = registersOf(at24c02, {}, { driver: false, content });
    assert.equal(hexOf(image, 0, 3), '00 01 02 03');
    assert.equal(hexOf(image, 98, 102), '62 63 ff ff ff');
    assert.equal(register(image, 255), 0xff);
  });

  it('of 128 bytes begin anew behind the last', () => {
    const image = registersOf(at24c01, {}, { driver: false, content });
    assert.equal(hexOf(image, 126, 129), 'ff ff 00 01');
  });
});
