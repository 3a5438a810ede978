import type { DeviceModel } from '../model.ts';
import { ads1115 } from './ads1115.ts';
import { at24c01, at24c02 } from './at24.ts';
import { bme280 } from './bme280.ts';
import { bmp280 } from './bmp280.ts';
import { ds1307 } from './ds1307.ts';
import { ds3231 } from './ds3231.ts';
import { ina219 } from './ina219.ts';
import { lm75 } from './lm75.ts';
import { mcp23017 } from './mcp23017.ts';
import { pcf8574 } from './pcf8574.ts';
import { tmp102 } from './tmp102.ts';
import { tmp117 } from './tmp117.ts';

/** The models that come with lkit. */
export const models: readonly DeviceModel[] = [
  ads1115,
  at24c01,
  at24c02,
  bme280,
  bmp280,
  ds1307,
  ds3231,
  ina219,
  lm75,
  mcp23017,
  pcf8574,
  tmp102,
  tmp117,
];

const commands = 'its commands have 16 bits and its answers no register number, which SMBus cannot carry';
const addresses = 'its memory addresses have 16 bits, and those of SMBus have 8';
const halves = 'it takes several bus addresses: give each 256 bytes of it as an at24c02 at its own address';

/** Devices that people look for, and why the emulated bus cannot carry them. */
export const impossibleModels: ReadonlyMap<string, string> = new Map([
  ...['sht3x', 'sht30', 'sht31', 'sht35', 'sht4x', 'sht40', 'scd30', 'scd40', 'sgp30'].map(
    (name) => [name, commands] as const,
  ),
  ...['at24c32', 'at24c64', 'at24c128', 'at24c256', 'at24c512'].map((name) => [name, addresses] as const),
  ...['at24c04', 'at24c08', 'at24c16'].map((name) => [name, halves] as const),
]);
