import { clockBytes, clockTime, readClock } from '../clock.ts';
import type { DeviceModel } from '../model.ts';
import { registerRuns } from '../registers.ts';

/** Running (bit CH of the seconds is 0), 24 hours, square wave off; then 56 bytes of memory. */
export const ds1307 = {
  name: 'ds1307',
  description: 'real-time clock',
  dataSheet: 'Maxim DS1307, 19-5280, table 2 and “Clock and calendar”',
  addresses: [0x68],
  quantities: { time: clockTime },
  driver: { name: 'ds1307', modules: ['rtc-ds1307'] },
  encode({ time = clockTime.default }) {
    return registerRuns(8, { 0: clockBytes(time) });
  },
  decode(image) {
    return { time: readClock(image) };
  },
} as const satisfies DeviceModel;
