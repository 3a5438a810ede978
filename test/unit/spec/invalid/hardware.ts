import { type InvalidCase, service } from './case.ts';

const bus = (devices: string): string => `hardware:\n  i2c:\n    - name: sensors\n      devices: ${devices}\n`;
const step = (keys: string, scenario = ''): string =>
  `hardware:\n  scenarios:\n    - name: heat\n      steps: [${keys}]\n${scenario}`;

/** Emulated devices, as far as no model has to be known. */
export const hardware: readonly InvalidCase[] = [
  ['hardware: []\n', '1:11 "hardware" must be a mapping, not a list'],
  ['hardware:\n  i2s: []\n', '2:3 unknown key "i2s" in hardware (did you mean "i2c"?)'],
  ['hardware:\n  i2c: [{devices: []}]\n', '2:9 this I2C bus lacks the key "name"', '2:19 "devices" must not be empty'],
  [
    'hardware:\n  i2c: [{name: Sensors, devices: [{address: 3, words: {}}]}]\n',
    '2:16 "name" must be made of small letters, digits, _ and -, beginning with a letter, not "Sensors"',
  ],
  [
    bus('[{address: 3, words: {}}]') + bus('[{address: 4, words: {}}]').slice('hardware:\n  i2c:\n'.length),
    '5:13 a second I2C bus is named "sensors"; the first is on line 3',
  ],
  [bus('[{model: lm75}]'), '4:17 this I2C device lacks the key "address"'],
  [bus('[{addres: 0x48, model: lm75}]'), '4:18 unknown key "addres" in I2C device (did you mean "address"?)'],
  [bus('[{address: 0x48, modle: lm75}]'), '4:33 unknown key "modle" in I2C device (did you mean "model"?)'],
  [bus('[{address: 0x48, temperature: 5 °C}]'), '4:33 unknown key "temperature" in I2C device'],
  [bus('[{address: 0x48}]'), '4:17 this I2C device lacks the key "model" (or "dump", "registers", "words")'],
  [bus('[{address: 0x02, model: lm75}]'), '4:27 "address" must be a number from 3 to 119, not 0x02'],
  [bus('[{address: 0x78, model: lm75}]'), '4:27 "address" must be a number from 3 to 119, not 0x78'],
  [
    bus('[{address: "0x48", model: lm75}]'),
    '4:27 "address" must be a whole number, not the text "0x48": write 0x48 without quotes',
  ],
  [bus('[{address: 0x48, model: lm75, dump: a}]'), '4:46 "model" and "dump" exclude each other'],
  [
    bus('[{address: 0x48, model: lm75, driver: "yes"}]'),
    '4:54 "driver" must be true or false, not the text "yes": write true',
  ],
  [bus('[{address: 0x48, model: lm75, temperature: true}]'), '4:59 "temperature" must be a text or a number, not true'],
  [bus('[{address: 0x48, registers: [1]}]'), '4:44 "registers" must be a mapping, not a list'],
  [bus('[{address: 0x48, registers: {1: a}}]'), '4:48 "1" must be a whole number or a list, not the text "a"'],
  [step('{at: 1s, device: a}'), '4:15 this step changes nothing'],
  [
    step('{at: 1s, device: a, set: {b: 1}}', '      start: boot\n      onConsole: ready\n'),
    '5:7 "start" and "onConsole" exclude each other',
  ],
  [
    step('{at: 1s, device: a, set: {b: 1}, ramp: {b: 1}, over: 1s}'),
    '4:48 a step has only one of "set", "ramp" and "noise"',
  ],
  [step('{at: 1s, device: a, ramp: {b: 1}}'), '4:15 this step lacks the key "over"'],
  [
    step('{at: 1, device: a, set: {b: 1}}'),
    '4:20 "at" must be a duration such as "5s", "500ms" or "1m30s", not the number 1',
  ],
  [step('{at: 1s, set: {b: 1}}'), '4:15 this step lacks the key "device"'],
  [step('{at: 1s, device: a, set: {b: 1}}', '      after: [web]\n'), '5:15 service "web" not found'],
  [service('devices: ["i2c:sensors"]'), '4:15 I2C bus "sensors" not found'],
  [
    service('devices: ["i2c:sensers"]') + bus('[{address: 3, words: {}}]'),
    '4:15 I2C bus "sensers" not found (did you mean "sensors"?)',
  ],
  [
    service('devices: ["spi:a"]'),
    '4:15 an item of "devices" must be a mapping, or "i2c:" and the name of an I2C bus under "hardware:", not "spi:a"',
  ],
];
