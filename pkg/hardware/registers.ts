import type { RegisterImage } from './model.ts';

/** How many registers a device on the emulated bus has. */
export const registerCount = 256;

/**
 * i2c-stub's memory for one device (drivers/i2c/i2c-stub.c): a cell of 16 bits for each register. Accesses to bytes and
 * blocks use the lower half of a cell; an access to a word uses the whole cell and not its neighbour.
 */
export type Cells = Uint16Array;

/**
 * Cells in which byte, block and word accesses all find what they would on the device. An SMBus word has its lower byte
 * first: on a device of 8-bit registers that is the register itself and then the next one (after the last, the first),
 * on one of 16-bit registers the more significant half.
 */
export function toCells({ width, values }: RegisterImage): Cells {
  const of = (register: number): number => values.get(register % registerCount) ?? 0;
  return Uint16Array.from({ length: registerCount }, (_, register) =>
    width === 8 ? of(register) | (of(register + 1) << 8) : swapBytes(of(register)),
  );
}

/** The registers of a device with such cells. A write of a byte leaves the neighbour's upper half behind, so that is not read. */
export function fromCells(cells: Cells, width: RegisterImage['width']): RegisterImage {
  const values = [...cells].map((cell, register) => [register, width === 8 ? cell & 0xff : swapBytes(cell)] as const);
  return { width, values: new Map(values) };
}

function swapBytes(word: number): number {
  return ((word & 0xff) << 8) | (word >> 8);
}

/** A register's value; those that the image leaves out are 0. */
export function register({ values }: RegisterImage, number: number): number {
  return values.get(number) ?? 0;
}

/** An image out of runs of values, each beginning at its key. */
export function registerRuns(
  width: RegisterImage['width'],
  runs: Readonly<Record<number, readonly number[]>>,
): RegisterImage {
  const entries = Object.entries(runs).flatMap(([start, values]) =>
    values.map((value, index) => [Number(start) + index, value] as const),
  );
  return { width, values: new Map(entries) };
}

/** A number as two's complement of so many bits. */
export function toTwosComplement(value: number, bits: number): number {
  return value < 0 ? value + 2 ** bits : value;
}

export function fromTwosComplement(value: number, bits: number): number {
  return value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
}
