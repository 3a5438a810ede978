import {
  calibrationBytes,
  calibrationStart,
  celsius,
  exampleCalibration,
  fineTemperature,
  pascal,
  rawBytes,
  rawMeasurement,
  readCalibration,
  readRaw,
} from '../bosch.ts';
import type { DeviceModel } from '../model.ts';
import { registerRuns } from '../registers.ts';

/** Calibrated as the chip in the data sheet's example. Register map: table 18. */
export const bmp280 = {
  name: 'bmp280',
  description: 'pressure and temperature sensor',
  dataSheet: 'Bosch BST-BMP280-DS001, sections 3.11.2, 3.12, 4.2, 4.3 and 8.1',
  addresses: [0x76, 0x77],
  quantities: {
    temperature: {
      description: 'air temperature',
      unit: '°C',
      minimum: -40,
      maximum: 85,
      default: 25,
      resolution: 0.01,
    },
    pressure: {
      description: 'air pressure',
      unit: 'Pa',
      minimum: 30_000,
      maximum: 110_000,
      default: 101_325,
      resolution: 0.01,
    },
  },
  driver: { name: 'bmp280', modules: ['bmp280-i2c'] },
  encode({ temperature = 25, pressure = 101_325 }) {
    const raw = rawMeasurement(temperature, pressure, exampleCalibration);
    return registerRuns(8, {
      [calibrationStart]: calibrationBytes(exampleCalibration),
      0xd0: [0x58],
      0xf7: [...rawBytes(raw.pressure), ...rawBytes(raw.temperature)],
    });
  },
  decode(image) {
    const calibration = readCalibration(image);
    const fine = fineTemperature(readRaw(image, 0xfa), calibration);
    return { temperature: celsius(fine), pressure: pascal(readRaw(image, 0xf7), fine, calibration) };
  },
} as const satisfies DeviceModel;
