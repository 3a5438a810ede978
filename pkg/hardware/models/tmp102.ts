import type { DeviceModel } from '../model.ts';
import { fromTwosComplement, register, registerRuns, toTwosComplement } from '../registers.ts';

const step = 0.0625;
/** The configuration after power-up, and its bit EM: 13 bits instead of 12, for temperatures of 128 °C and more. */
const configuration = 0x60a0;
const extendedMode = 0x0010;

function toRegister(celsius: number, bits: number): number {
  return toTwosComplement(Math.round(celsius / step), bits) << (16 - bits);
}

/**
 * Temperature, configuration, and the limits of 75 and 80 °C. Linux's driver begins with setting extended mode, after
 * which the chip's registers have another format; with `driver: true` they have it from the beginning.
 */
export const tmp102 = {
  name: 'tmp102',
  description: 'temperature sensor',
  dataSheet: 'Texas Instruments SBOS397 (TMP102), sections 7.3.1 and 7.5',
  addresses: [0x48, 0x49, 0x4a, 0x4b],
  quantities: {
    temperature: { description: 'temperature', unit: '°C', minimum: -55, maximum: 150, default: 25, resolution: step },
  },
  driver: { name: 'tmp102', modules: ['tmp102'] },
  encode({ temperature = 25 }, { driver }) {
    const isExtended = driver || temperature >= 128;
    const bits = isExtended ? 13 : 12;
    const config = isExtended ? configuration | extendedMode : configuration;
    return registerRuns(16, { 0: [toRegister(temperature, bits), config, toRegister(75, bits), toRegister(80, bits)] });
  },
  decode(image) {
    const bits = (register(image, 1) & extendedMode) === 0 ? 12 : 13;
    return { temperature: fromTwosComplement(register(image, 0) >> (16 - bits), bits) * step };
  },
} as const satisfies DeviceModel;
