import type { DeviceModel } from '../model.ts';
import { fromTwosComplement, register, registerRuns, toTwosComplement } from '../registers.ts';

/** °C of the lowest bit of the nine that stand at the top of a register. */
const step = 0.5;

function toRegister(celsius: number): number {
  return toTwosComplement(Math.round(celsius / step), 9) << 7;
}

/** Temperature, configuration, hysteresis (75 °C) and limit (80 °C), the latter two as after power-up. */
export const lm75 = {
  name: 'lm75',
  description: 'temperature sensor',
  dataSheet: 'Texas Instruments SNOS808 (LM75A), sections 7.3.2 and 7.6',
  addresses: [0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f],
  quantities: {
    temperature: { description: 'temperature', unit: '°C', minimum: -55, maximum: 125, default: 25, resolution: step },
  },
  driver: { name: 'lm75', modules: ['lm75'] },
  encode({ temperature = 25 }) {
    return registerRuns(16, { 0: [toRegister(temperature), 0, toRegister(75), toRegister(80)] });
  },
  decode(image) {
    return { temperature: fromTwosComplement(register(image, 0) >> 7, 9) * step };
  },
} as const satisfies DeviceModel;
