import { fromBcd, toBcd } from './bcd.ts';
import { register } from './registers.ts';
import type { Quantity, RegisterImage } from './model.ts';

/** The clock that DS1307 and DS3231 share: the years 2000 to 2099. It stands still unless a scenario moves it. */
export const clockTime: Quantity = {
  description: 'the time that the clock shows',
  unit: 'time',
  minimum: Date.UTC(2000, 0, 1) / 1000,
  maximum: Date.UTC(2099, 11, 31, 23, 59, 59) / 1000,
  default: Date.UTC(2000, 0, 1) / 1000,
  resolution: 1,
};

/** Registers 0x00 to 0x06: seconds, minutes, hours of 24, day of the week (Sunday is 1), date, month, year, in BCD. */
export function clockBytes(seconds: number): readonly number[] {
  const date = new Date(seconds * 1000);
  return [
    date.getUTCSeconds(),
    date.getUTCMinutes(),
    date.getUTCHours(),
    date.getUTCDay() + 1,
    date.getUTCDate(),
    date.getUTCMonth() + 1,
    date.getUTCFullYear() % 100,
  ].map(toBcd);
}

/** Reads hours of both modes: bit 6 selects 12 hours, bit 5 is then PM. */
export function readClock(image: RegisterImage): number {
  const field = (number: number, mask: number): number => fromBcd(register(image, number) & mask);
  const hours = register(image, 2);
  const isTwelve = (hours & 0x40) !== 0;
  const hour = isTwelve ? (fromBcd(hours & 0x1f) % 12) + ((hours & 0x20) === 0 ? 0 : 12) : fromBcd(hours & 0x3f);
  const time = [hour, field(1, 0x7f), field(0, 0x7f)] as const;
  return Date.UTC(2000 + field(6, 0xff), field(5, 0x1f) - 1, field(4, 0x3f), ...time) / 1000;
}
