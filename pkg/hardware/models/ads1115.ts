import type { DeviceModel } from '../model.ts';
import { fromTwosComplement, register, registerRuns, toTwosComplement } from '../registers.ts';

/** Full scale, in volts, of each setting of the bits 11 to 9 of the configuration. */
const ranges = [6.144, 4.096, 2.048, 1.024, 0.512, 0.256];
/** Configuration after power-up without those bits; bit 15 says that no conversion is under way. */
const configuration = 0x8183;
const rangeShift = 9;

/** One measurement, whichever input a program selects: what it writes into the configuration changes nothing. */
export const ads1115 = {
  name: 'ads1115',
  description: 'analogue-to-digital converter of 16 bits',
  dataSheet: 'Texas Instruments SBAS444 (ADS1115), sections 9.3.3, 9.5.4 and 9.6',
  addresses: [0x48, 0x49, 0x4a, 0x4b],
  quantities: {
    voltage: {
      description: 'voltage at the input',
      unit: 'V',
      minimum: -6.144,
      maximum: 6.144,
      default: 0,
      resolution: 7.8125e-6,
    },
    range: {
      description: 'full scale that the program selects: 6.144, 4.096, 2.048, 1.024, 0.512 or 0.256 V',
      unit: 'V',
      minimum: 0.256,
      maximum: 6.144,
      default: 2.048,
      resolution: 0.001,
    },
  },
  driver: { name: 'ads1115', modules: ['ti-ads1015'] },
  encode({ voltage = 0, range = 2.048 }) {
    const setting = ranges.indexOf(range);
    if (setting < 0) throw new Error(`an ADS1115 has no range of ${range} V, only of ${ranges.join(', ')} V`);
    // More than the range reads as its end.
    const raw = Math.min(Math.max(Math.round((voltage / range) * 32768), -32768), 32767);
    const config = configuration | (setting << rangeShift);
    return registerRuns(16, { 0: [toTwosComplement(raw, 16), config, 0x8000, 0x7fff] });
  },
  decode(image) {
    const range = ranges[Math.min((register(image, 1) >> rangeShift) & 7, 5)] ?? 2.048;
    return { voltage: (fromTwosComplement(register(image, 0), 16) / 32768) * range, range };
  },
} as const satisfies DeviceModel;
