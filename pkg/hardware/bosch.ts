import { invert } from './invert.ts';
import { fromTwosComplement, register, toTwosComplement } from './registers.ts';
import type { RegisterImage } from './model.ts';

/**
 * What Bosch's BMP280 and BME280 have in common: the calibration of each chip in 0x88 to 0x9F (BST-BMP280-DS001,
 * section 3.11.2, table 17), and the formulas that turn raw values into physical ones (there, section 8.1, "Compensation
 * formula in double precision floating point"; BST-BME280-DS002, appendix 4.1).
 */
export interface Calibration {
  /** dig_T1 to dig_T3. */
  readonly t: readonly [number, number, number];
  /** dig_P1 to dig_P9. */
  readonly p: readonly [number, number, number, number, number, number, number, number, number];
}

/** The chip of the data sheet's example (BST-BMP280-DS001, section 3.12, figure 6). */
export const exampleCalibration: Calibration = {
  t: [27504, 26435, -1000],
  p: [36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000],
};

export const calibrationStart = 0x88;
const rawMaximum = 2 ** 20 - 1;

/** `t_fine`, in 1/5120 °C, of the raw temperature. */
export function fineTemperature(raw: number, { t: [t1, t2, t3] }: Calibration): number {
  const linear = (raw / 16384 - t1 / 1024) * t2;
  const quadratic = (raw / 131072 - t1 / 8192) ** 2 * t3;
  return linear + quadratic;
}

export function celsius(fine: number): number {
  return fine / 5120;
}

/** Pascal of the raw pressure at a temperature. */
export function pascal(raw: number, fine: number, { p }: Calibration): number {
  const [p1, p2, p3, p4, p5, p6, p7, p8, p9] = p;
  const t = Math.trunc(fine) / 2 - 64000;
  const offset = ((t * t * p6) / 32768 + t * p5 * 2) / 4 + p4 * 65536;
  const sensitivity = (1 + ((p3 * t * t) / 524288 + p2 * t) / 524288 / 32768) * p1;
  if (sensitivity === 0) return 0;
  const linear = ((1048576 - raw - offset / 4096) * 6250) / sensitivity;
  return linear + ((p9 * linear * linear) / 2147483648 + (linear * p8) / 32768 + p7) / 16;
}

/** The raw values, of 20 bits, of a temperature in °C and a pressure in Pa. */
export function rawMeasurement(
  temperature: number,
  pressure: number,
  calibration: Calibration,
): { readonly temperature: number; readonly pressure: number } {
  const rawTemperature = invert((raw) => celsius(fineTemperature(raw, calibration)), temperature, 0, rawMaximum);
  const fine = fineTemperature(rawTemperature, calibration);
  return {
    temperature: rawTemperature,
    pressure: invert((raw) => pascal(raw, fine, calibration), pressure, 0, rawMaximum),
  };
}

/** The bytes of 0x88 to 0x9F: 16-bit numbers, the less significant byte first. */
export function calibrationBytes({ t, p }: Calibration): readonly number[] {
  return [...t, ...p].flatMap((number) => {
    const word = toTwosComplement(number, 16);
    return [word & 0xff, word >> 8];
  });
}

export function readCalibration(image: RegisterImage): Calibration {
  const word = (index: number): number => {
    const low = calibrationStart + 2 * index;
    return register(image, low) | (register(image, low + 1) << 8);
  };
  const signed = (index: number): number => fromTwosComplement(word(index), 16);
  return {
    t: [word(0), signed(1), signed(2)],
    p: [word(3), signed(4), signed(5), signed(6), signed(7), signed(8), signed(9), signed(10), signed(11)],
  };
}

/** The three registers of a raw value (0xF7 and 0xFA): bits 19–12, 11–4, 3–0. */
export function rawBytes(raw: number): readonly number[] {
  return [raw >> 12, (raw >> 4) & 0xff, (raw & 0x0f) << 4];
}

export function readRaw(image: RegisterImage, start: number): number {
  return (register(image, start) << 12) | (register(image, start + 1) << 4) | (register(image, start + 2) >> 4);
}
