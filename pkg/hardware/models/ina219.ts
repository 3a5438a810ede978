import type { DeviceModel } from '../model.ts';
import { fromTwosComplement, register, registerRuns, toTwosComplement } from '../registers.ts';

/** Configuration after power-up: 32 V, gain 1/8, 12 bits, continuous. */
const configuration = 0x399f;
/** Volts of the lowest bit of the shunt voltage, and of the bus voltage, which stands in bits 3 to 15. */
const shuntStep = 10e-6;
const busStep = 4e-3;
/** Bit 1 of the bus voltage: a measurement is ready. */
const conversionReady = 0x0002;
const shuntMaximum = 0.32;
/** What Linux's driver writes into the calibration register. */
const driverCalibration = 4096;

/**
 * Configuration, shunt voltage, bus voltage, power, current, calibration. The chip computes current and power once a
 * program has calibrated it; the emulated one cannot, so it has them from the beginning where `calibration` says how.
 */
export const ina219 = {
  name: 'ina219',
  description: 'voltage, current and power monitor',
  dataSheet: 'Texas Instruments SBOS448 (INA219), sections 8.5.1, 8.5.3 and 8.6, equations 4 and 5',
  addresses: [0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f],
  quantities: {
    voltage: { description: 'bus voltage', unit: 'V', minimum: 0, maximum: 26, default: 12, resolution: busStep },
    current: {
      description: 'current through the shunt',
      unit: 'A',
      minimum: -1000,
      maximum: 1000,
      default: 0,
      resolution: 1e-6,
    },
    resistance: {
      description: 'the shunt',
      unit: 'Ω',
      minimum: 1e-4,
      maximum: 100,
      default: 0.1,
      resolution: 1e-6,
    },
    calibration: {
      description: 'calibration register',
      unit: 'number',
      minimum: 0,
      maximum: 0xfffe,
      default: 0,
      resolution: 1,
    },
  },
  driver: { name: 'ina219', modules: ['ina2xx-adc'] },
  encode({ voltage = 12, current = 0, resistance = 0.1, calibration = 0 }, { driver }) {
    const shuntVoltage = current * resistance;
    if (Math.abs(shuntVoltage) > shuntMaximum + shuntStep / 2) {
      throw new Error(
        `${current} A through ${resistance} Ω is ${Number(shuntVoltage.toPrecision(6))} V, and an INA219 measures ${shuntMaximum} V at most`,
      );
    }
    const shunt = Math.round(shuntVoltage / shuntStep);
    const bus = Math.round(voltage / busStep);
    const calibrated = driver && calibration === 0 ? driverCalibration : calibration;
    const currentValue = Math.trunc((shunt * calibrated) / 4096);
    const power = Math.trunc((Math.abs(currentValue) * bus) / 5000);
    return registerRuns(16, {
      0: [
        configuration,
        toTwosComplement(shunt, 16),
        (bus << 3) | conversionReady,
        power & 0xffff,
        toTwosComplement(currentValue, 16) & 0xffff,
        calibrated,
      ],
    });
  },
  decode(image, { resistance = 0.1 }) {
    return {
      voltage: (register(image, 2) >> 3) * busStep,
      current: (fromTwosComplement(register(image, 1), 16) * shuntStep) / resistance,
      resistance,
      calibration: register(image, 5),
    };
  },
} as const satisfies DeviceModel;
