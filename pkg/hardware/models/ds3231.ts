import { clockBytes, clockTime, readClock } from '../clock.ts';
import type { DeviceModel } from '../model.ts';
import { fromTwosComplement, register, registerRuns, toTwosComplement } from '../registers.ts';

const step = 0.25;

/** Control (INTCN, RS2, RS1) and status (EN32kHz; the oscillator has not stopped) of a clock that was set. */
const control = 0x1c;
const status = 0x08;

/** Clock, two alarms, control, and the temperature in ten bits at the top of 0x11 and 0x12. */
export const ds3231 = {
  name: 'ds3231',
  description: 'real-time clock with a temperature sensor',
  dataSheet: 'Maxim DS3231, 19-5170, figure 1, “Control register (0Eh)” to “Temperature registers (11h–12h)”',
  addresses: [0x68],
  quantities: {
    time: clockTime,
    temperature: {
      description: 'temperature of the crystal',
      unit: '°C',
      minimum: -40,
      maximum: 85,
      default: 25,
      resolution: step,
    },
  },
  driver: { name: 'ds3231', modules: ['rtc-ds1307'] },
  encode({ time = clockTime.default, temperature = 25 }) {
    const raw = toTwosComplement(Math.round(temperature / step), 10);
    return registerRuns(8, { 0x00: clockBytes(time), 0x0e: [control, status, 0, raw >> 2, (raw & 3) << 6] });
  },
  decode(image) {
    const raw = (register(image, 0x11) << 2) | (register(image, 0x12) >> 6);
    return { time: readClock(image), temperature: fromTwosComplement(raw, 10) * step };
  },
} as const satisfies DeviceModel;
