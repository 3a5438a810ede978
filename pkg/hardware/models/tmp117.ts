import type { DeviceModel } from '../model.ts';
import { fromTwosComplement, register, registerRuns, toTwosComplement } from '../registers.ts';

const step = 0.0078125;
/** As after power-up (0x0220), and bit 13: a measurement is ready. */
const configuration = 0x2220;

/** Measurement, configuration, limits of 192 and −256 °C as after power-up, identification. */
export const tmp117 = {
  name: 'tmp117',
  description: 'temperature sensor of high accuracy',
  dataSheet: 'Texas Instruments SNOSD82 (TMP117), sections 7.3.2 and 7.6',
  addresses: [0x48, 0x49, 0x4a, 0x4b],
  quantities: {
    temperature: { description: 'temperature', unit: '°C', minimum: -55, maximum: 150, default: 25, resolution: step },
  },
  driver: { name: 'tmp117', modules: ['tmp117'] },
  encode({ temperature = 25 }) {
    const raw = toTwosComplement(Math.round(temperature / step), 16);
    return registerRuns(16, { 0x00: [raw, configuration, 0x6000, 0x8000], 0x0f: [0x0117] });
  },
  decode(image) {
    return { temperature: fromTwosComplement(register(image, 0), 16) * step };
  },
} as const satisfies DeviceModel;
