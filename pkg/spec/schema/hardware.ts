import {
  choice,
  definition,
  flag,
  integer,
  type JsonSchema,
  list,
  natural,
  record,
  text,
  texts,
} from './json-schema.ts';
import { busName, duration, notEmpty } from './patterns.ts';

const quantity: JsonSchema = { type: ['string', 'number'] };

const quantities = (description: string, example: string): JsonSchema => ({
  description,
  type: 'object',
  additionalProperties: quantity,
  examples: [{ temperature: example }],
});

const registers = (description: string, example: Readonly<Record<string, unknown>>): JsonSchema => ({
  description,
  type: 'object',
  additionalProperties: { type: ['integer', 'array'], items: { type: 'integer' } },
  examples: [example],
});

/** `hardware`: emulated devices. The models' own keys are checked where the models are, in pkg/hardware. */
export const hardwareDefinitions: Readonly<Record<string, JsonSchema>> = {
  hardware: record(
    'hardware',
    'Emulated devices, see [hardware.md](hardware.md). lkit’s own.',
    {
      i2c: list('Emulated I2C buses.', definition('i2cBus'), {
        default: [],
        examples: [[{ name: 'sensors', devices: [{ address: 0x48, model: 'lm75', temperature: '21.5 °C' }] }]],
      }),
      scenarios: list('How values change while the system runs.', definition('scenario'), {
        default: [],
        examples: [[{ name: 'heat', steps: [{ at: '2s', device: 'lm75', set: { temperature: '40 °C' } }] }]],
      }),
      trace: flag('Record every access to the buses from the boot on.'),
    },
    { examples: [{ i2c: [{ name: 'sensors', devices: [{ address: 0x48, model: 'lm75' }] }] }] },
  ),
  i2cBus: record(
    'I2C bus',
    'An emulated I2C bus (the kernel’s i2c-stub, which speaks SMBus only). In the guest, `/dev/i2c/NAME` leads to it.',
    {
      name: text('Name of the bus. Containers get it with `devices: [i2c:NAME]`.', {
        ...busName,
        examples: ['sensors'],
      }),
      devices: list('The devices on it, ten at most.', definition('i2cDevice'), {
        minItems: 1,
        examples: [[{ address: 0x76, model: 'bmp280', temperature: '25.08 °C', driver: true }]],
      }),
    },
    { required: ['name', 'devices'] },
  ),
  i2cDevice: record(
    'I2C device',
    'A device on an I2C bus: a model, whose other keys are its quantities, or registers, or a dump of a real device’s registers.',
    {
      address: integer('Address, 7 bits.', { minimum: 0x03, maximum: 0x77, examples: [0x76] }),
      name: text('What scenarios and `lkit i2c` call it. Default: the model’s name, or the address.', {
        ...busName,
        examples: ['outdoor'],
      }),
      model: text('A model that comes with lkit, or a file of your own: `./my-sensor.js`.', {
        ...notEmpty,
        examples: ['bmp280'],
      }),
      dump: text('A file with the output of `i2cdump`, by bytes or by words. Relative to this file.', {
        ...notEmpty,
        examples: ['./board.dump'],
      }),
      registers: registers(
        'Registers of 8 bits, over what a model or a dump has: a value, a list of values from there on, or one value for a range.',
        { '0x00': 255, '0x10': [1, 2, 3], '0x20-0x2f': 0 },
      ),
      words: registers('As `registers`, for devices whose registers have 16 bits, the more significant byte first.', {
        '0x00': 6400,
      }),
      content: text('For memories: a file with what they hold. Relative to this file.', {
        ...notEmpty,
        examples: ['./board.bin'],
      }),
      driver: flag('Bind the kernel’s own driver to the device.'),
    },
    { required: ['address'], additionalProperties: quantity },
  ),
  scenario: record(
    'scenario',
    'How values change while the system runs.',
    {
      name: text('Name of the scenario.', { ...busName, examples: ['heat'] }),
      start: choice('When it begins: with the services, or when `lkit i2c play` says so.', ['boot', 'manual'], {
        default: 'boot',
        examples: ['manual'],
      }),
      onConsole: text(
        'Begins when such a line is on the console, `[NAME] line` of a container or `lkit: …`: a text that it contains, or a regular expression between slashes. Instead of `start`.',
        { ...notEmpty, examples: ['/^\\[reader\\] ready/'] },
      ),
      after: texts('Services that must be up before its clock starts.', { default: [], examples: [['alarm']] }),
      repeat: natural('How often it runs; 0 is without end.', { default: 1, examples: [3] }),
      every: text('Time between two values of a ramp or of noise.', {
        ...duration,
        default: '500ms',
        examples: ['1s'],
      }),
      seed: natural('Seed of its noise.', { default: 1, maximum: 2 ** 32 - 1, examples: [7] }),
      steps: list(
        'The changes, in any order.',
        record(
          'step',
          'A change. It has exactly one of `set`, `ramp` and `noise`.',
          {
            at: text('Time from the beginning.', { ...duration, examples: ['2s'] }),
            device: text('Name of the device; `BUS/DEVICE` where several buses have one of that name.', {
              ...notEmpty,
              examples: ['bmp280'],
            }),
            set: quantities('Values from then on.', '40 °C'),
            ramp: quantities('Values to reach evenly, at the end of `over`.', '40 °C'),
            noise: quantities('Random deviations to both sides, each up to this much, during `over`.', '0.5 °C'),
            over: text('How long a ramp or noise takes.', { ...duration, examples: ['10s'] }),
          },
          { required: ['at', 'device'] },
        ),
        { minItems: 1, examples: [[{ at: '2s', device: 'bmp280', ramp: { temperature: '40 °C' }, over: '10s' }]] },
      ),
    },
    { required: ['name', 'steps'] },
  ),
};
