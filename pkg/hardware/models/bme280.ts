import { celsius, exampleCalibration, fineTemperature, rawMeasurement, readCalibration, readRaw } from '../bosch.ts';
import { invert } from '../invert.ts';
import type { DeviceModel, RegisterImage } from '../model.ts';
import { fromTwosComplement, register } from '../registers.ts';
import { bmp280 } from './bmp280.ts';

/** dig_H1 to dig_H6. */
type HumidityCalibration = readonly [number, number, number, number, number, number];

/** Of a common chip; the data sheet has no example. */
const calibration: HumidityCalibration = [75, 362, 0, 313, 50, 30];

/** Percent of the raw humidity at a temperature: appendix 4.1 of the data sheet, in double precision. */
export function relativeHumidity(raw: number, fine: number, [h1, h2, h3, h4, h5, h6]: HumidityCalibration): number {
  const t = fine - 76800;
  const slope = (h2 / 65536) * (1 + (h6 / 67108864) * t * (1 + (h3 / 67108864) * t));
  const linear = (raw - (h4 * 64 + (h5 / 16384) * t)) * slope;
  return linear * (1 - (h1 * linear) / 524288);
}

/** 0xA1, and 0xE1 to 0xE7, in which H4 and H5 share 0xE5 (table 16). */
function calibrationRegisters([h1, h2, h3, h4, h5, h6]: HumidityCalibration): readonly (readonly [number, number])[] {
  const bytes = [h2 & 0xff, h2 >> 8, h3, h4 >> 4, ((h5 & 0x0f) << 4) | (h4 & 0x0f), h5 >> 4, h6];
  return [[0xa1, h1], ...bytes.map((byte, index) => [0xe1 + index, byte & 0xff] as const)];
}

function readHumidityCalibration(image: RegisterImage): HumidityCalibration {
  const of = (number: number): number => register(image, number);
  return [
    of(0xa1),
    fromTwosComplement(of(0xe1) | (of(0xe2) << 8), 16),
    of(0xe3),
    fromTwosComplement((of(0xe4) << 4) | (of(0xe5) & 0x0f), 12),
    fromTwosComplement((of(0xe6) << 4) | (of(0xe5) >> 4), 12),
    fromTwosComplement(of(0xe7), 8),
  ];
}

/** A BMP280 with another identification and a humidity sensor. */
export const bme280 = {
  name: 'bme280',
  description: 'humidity, pressure and temperature sensor',
  dataSheet: 'Bosch BST-BME280-DS002, sections 4.2.2, 5.3, 5.4 and appendix 4.1',
  addresses: bmp280.addresses,
  quantities: {
    ...bmp280.quantities,
    humidity: {
      description: 'relative humidity',
      unit: '%',
      minimum: 0,
      maximum: 100,
      default: 50,
      resolution: 0.01,
    },
  },
  driver: { name: 'bme280', modules: ['bmp280-i2c'] },
  encode({ temperature = 25, pressure = 101_325, humidity = 50 }) {
    const { values } = bmp280.encode({ temperature, pressure });
    const raw = rawMeasurement(temperature, pressure, exampleCalibration);
    const fine = fineTemperature(raw.temperature, exampleCalibration);
    const rawHumidity = invert((each) => relativeHumidity(each, fine, calibration), humidity, 0, 0xffff);
    const own = [
      [0xd0, 0x60],
      [0xfd, rawHumidity >> 8],
      [0xfe, rawHumidity & 0xff],
    ] as const;
    return { width: 8, values: new Map([...values, ...calibrationRegisters(calibration), ...own]) };
  },
  decode(image) {
    const fine = fineTemperature(readRaw(image, 0xfa), readCalibration(image));
    const raw = (register(image, 0xfd) << 8) | register(image, 0xfe);
    const humidity = relativeHumidity(raw, fine, readHumidityCalibration(image));
    return { ...bmp280.decode(image), temperature: celsius(fine), humidity: Math.min(Math.max(humidity, 0), 100) };
  },
} as const satisfies DeviceModel;
