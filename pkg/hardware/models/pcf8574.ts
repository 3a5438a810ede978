import type { DeviceModel } from '../model.ts';
import { register, registerCount, registerRuns } from '../registers.ts';

/**
 * It has no registers: each byte read is the pins' levels. i2c-stub answers such reads from one register after the
 * other, so all have the same value. Of a byte written it keeps only that there was one (`lkit i2c trace` shows it).
 */
export const pcf8574 = {
  name: 'pcf8574',
  description: 'port expander with 8 pins',
  dataSheet: 'NXP PCF8574, rev. 5, sections 7.1 and 8',
  addresses: [0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f],
  quantities: {
    inputs: {
      description: 'levels that are applied to the pins',
      unit: 'number',
      minimum: 0,
      maximum: 0xff,
      default: 0xff,
      resolution: 1,
    },
  },
  driver: { name: 'pcf8574', modules: ['gpio-pcf857x'] },
  encode({ inputs = 0xff }) {
    return registerRuns(8, { 0: new Array<number>(registerCount).fill(inputs) });
  },
  decode(image) {
    return { inputs: register(image, 0) };
  },
} as const satisfies DeviceModel;
