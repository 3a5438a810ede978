import type { DeviceModel, Quantity } from '../model.ts';
import { register, registerRuns } from '../registers.ts';

const pins = (description: string, initial: number): Quantity => ({
  description: `${description}; bits 0 to 7 are port A, 8 to 15 port B`,
  unit: 'number',
  minimum: 0,
  maximum: 0xffff,
  default: initial,
  resolution: 1,
});

/** Registers of IOCON.BANK = 0, those of port B behind those of port A. All others are 0 after power-up. */
const iodir = 0x00;
const gpio = 0x12;
const olat = 0x14;

export const mcp23017 = {
  name: 'mcp23017',
  description: 'port expander with 16 pins',
  dataSheet: 'Microchip DS20001952 (MCP23017), tables 3-3 and 3-5, section 3.5',
  addresses: [0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27],
  quantities: {
    inputs: pins('levels that are applied to the pins', 0),
    outputs: pins('levels that the program sets', 0),
    directions: pins('1 for inputs', 0xffff),
  },
  driver: { name: 'mcp23017', modules: ['pinctrl-mcp23s08_i2c'] },
  encode({ inputs = 0, outputs = 0, directions = 0xffff }) {
    const levels = (inputs & directions) | (outputs & ~directions);
    const ports = (word: number): readonly number[] => [word & 0xff, word >> 8];
    return registerRuns(8, { [iodir]: ports(directions), [gpio]: ports(levels), [olat]: ports(outputs) });
  },
  decode(image) {
    const ports = (number: number): number => register(image, number) | (register(image, number + 1) << 8);
    return { inputs: ports(gpio), outputs: ports(olat), directions: ports(iodir) };
  },
} as const satisfies DeviceModel;
