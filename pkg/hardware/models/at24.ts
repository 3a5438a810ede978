import type { DeviceModel } from '../model.ts';
import { registerRuns } from '../registers.ts';

/** A memory of that size. What `content` does not fill is erased: all ones. */
function at24(size: 128 | 256, type: string): DeviceModel {
  return {
    name: `at24${type}`,
    description: `EEPROM of ${size} bytes`,
    dataSheet: 'Microchip DS20006270 (AT24C01C/AT24C02C), sections 4 and 6',
    addresses: [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
    quantities: {},
    capacity: size,
    driver: { name: `24${type}`, modules: ['at24'] },
    encode(_values, { content }) {
      const bytes = Array.from({ length: size }, (_, index) => content[index] ?? 0xff);
      // The addresses of a smaller memory wrap around.
      return registerRuns(8, { 0: size === 256 ? bytes : [...bytes, ...bytes] });
    },
    decode() {
      return {};
    },
  };
}

export const at24c01 = at24(128, 'c01');
export const at24c02 = at24(256, 'c02');
