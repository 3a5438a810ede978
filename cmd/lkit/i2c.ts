import { Command } from 'commander';
import type { GuestHardware, LiveDevice } from '../../pkg/hardware/index.ts';
import type { GuestControl } from '../../pkg/machine/index.ts';
import { abortOnInterrupt } from './interrupt.ts';
import { machineHelp, machineNamed } from './machines.ts';
import { formatTable } from './table.ts';

/** A machine that was started a moment ago is waited for. */
const connectMs = 60_000;
const deviceHelp = "the device's name as `lkit i2c ls` prints it, or its address";

/** `lkit i2c …`: the emulated devices of a running machine. */
export function i2cCommand(): Command {
  return new Command('i2c')
    .description('read and change the emulated I2C devices of a running machine')
    .addCommand(listCommand())
    .addCommand(getCommand())
    .addCommand(setCommand())
    .addCommand(dumpCommand())
    .addCommand(playCommand())
    .addCommand(traceCommand())
    .addHelpText(
      'after',
      `
Examples:
  lkit i2c ls web
  lkit i2c get web bmp280 temperature
  lkit i2c set web bmp280 "temperature=40 °C"
  lkit i2c trace web`,
    );
}

interface Live {
  readonly guest: GuestControl;
  readonly hardware: GuestHardware;
}

/** Connects to a machine for as long as `use` takes. */
async function withHardware(name: string, use: (live: Live, signal: AbortSignal) => Promise<void>): Promise<void> {
  const { connectGuest, requireAgents } = await import('../../pkg/machine/index.ts');
  const { readHardware } = await import('../../pkg/hardware/index.ts');
  const agents = requireAgents(await machineNamed(name));
  await abortOnInterrupt(async (signal) => {
    const guest = await connectGuest(agents, { timeoutMs: connectMs, signal });
    try {
      await use({ guest, hardware: await readHardware(guest) }, signal);
    } finally {
      await guest.close();
    }
  });
}

/** Each of a device's quantities and its value now: `temperature`, `25.08 °C`. */
async function readValues(guest: GuestControl, device: LiveDevice): Promise<ReadonlyMap<string, string>> {
  const { formatQuantity, liveValues, modelOf, readCells } = await import('../../pkg/hardware/index.ts');
  const model = await modelOf(device, process.cwd());
  if (!model) return new Map();
  const values = liveValues(device, model, await readCells(guest, device));
  return new Map(
    Object.entries(model.quantities).map(([name, quantity]) => [name, formatQuantity(values[name] ?? NaN, quantity)]),
  );
}

function listCommand(): Command {
  return new Command('ls')
    .description('list the devices, with what they measure')
    .argument('<name>', machineHelp)
    .addHelpText('after', '\nExample:\n  lkit i2c ls web')
    .action(async (name: string) => {
      const { hex, liveDevices } = await import('../../pkg/hardware/index.ts');
      await withHardware(name, async ({ guest, hardware }) => {
        const rows: string[][] = [['BUS', 'ADDRESS', 'NAME', 'MODEL', 'VALUES']];
        for (const device of liveDevices(hardware)) {
          const values = [...(await readValues(guest, device))].map(([quantity, value]) => `${quantity} ${value}`);
          rows.push([device.bus, hex(device.address), device.name, device.model ?? '-', values.join(', ')]);
        }
        process.stdout.write(formatTable(rows));
      });
    });
}

function getCommand(): Command {
  return new Command('get')
    .description('print what a device measures, or what is in its registers')
    .argument('<name>', machineHelp)
    .argument('<device>', deviceHelp)
    .argument('[what...]', 'quantities or registers (default: all quantities)')
    .addHelpText(
      'after',
      `
Examples:
  lkit i2c get web bmp280
  lkit i2c get web bmp280 temperature
  lkit i2c get web bmp280 0xf4        what the program wrote there`,
    )
    .action(async (name: string, wanted: string, what: readonly string[]) => {
      const { findDevice } = await import('../../pkg/hardware/index.ts');
      await withHardware(name, async ({ guest, hardware }) => {
        const device = findDevice(hardware, wanted);
        process.stdout.write(await valuesText(guest, device, what));
      });
    });
}

/** One value alone is printed as it is, for scripts; of several each has its name before it. */
async function valuesText(guest: GuestControl, device: LiveDevice, what: readonly string[]): Promise<string> {
  const library = await import('../../pkg/hardware/index.ts');
  const model = await library.modelOf(device, process.cwd());
  const values = await readValues(guest, device);
  const isRaw = what.some(library.isRegister);
  const image = isRaw ? library.registersNow(model, device, await library.readCells(guest, device)) : undefined;
  const lines = (what.length === 0 ? [...values.keys()] : what).map((each) => {
    const value = image && library.isRegister(each) ? library.registerText(image, each) : values.get(each);
    if (value === undefined) throw library.noQuantity(device, each, [...values.keys()]);
    return [each, value] as const;
  });
  return lines.length === 1 && what.length === 1
    ? `${lines[0]?.[1] ?? ''}\n`
    : lines.map(([each, value]) => `${each} ${value}\n`).join('');
}

function setCommand(): Command {
  return new Command('set')
    .description('change what a device measures, or its registers')
    .argument('<name>', machineHelp)
    .argument('<device>', deviceHelp)
    .argument('<assignment...>', 'QUANTITY=VALUE or REGISTER=VALUE')
    .addHelpText(
      'after',
      `
Examples:
  lkit i2c set web bmp280 temperature=40°C "pressure=990 hPa"
  lkit i2c set web board 0x10=0xff`,
    )
    .action(async (name: string, wanted: string, texts: readonly string[]) => {
      const library = await import('../../pkg/hardware/index.ts');
      const assignments = texts.map((text) => library.parseAssignment(text));
      await withHardware(name, async ({ guest, hardware }) => {
        const device = library.findDevice(hardware, wanted);
        const model = await library.modelOf(device, process.cwd());
        const cells = await library.readCells(guest, device);
        await library.writeCells(guest, device, library.writesFor(device, model, cells, assignments));
      });
    });
}

function dumpCommand(): Command {
  return new Command('dump')
    .description("print all of a device's registers, as i2cdump does")
    .argument('<name>', machineHelp)
    .argument('<device>', deviceHelp)
    .addHelpText('after', '\nExample:\n  lkit i2c dump web bmp280 >bmp280.dump      for "dump:" in the YAML')
    .action(async (name: string, wanted: string) => {
      const { dumpDevice, findDevice } = await import('../../pkg/hardware/index.ts');
      await withHardware(name, async ({ guest, hardware }) => {
        process.stdout.write(await dumpDevice(guest, findDevice(hardware, wanted)));
      });
    });
}

function playCommand(): Command {
  return new Command('play')
    .description('play a scenario that waits for it (start: manual)')
    .argument('<name>', machineHelp)
    .argument('<scenario>', "the scenario's name")
    .addHelpText('after', '\nExample:\n  lkit i2c play web heat')
    .action(async (name: string, scenario: string) => {
      const { playScenario } = await import('../../pkg/hardware/index.ts');
      await withHardware(name, ({ guest, hardware }) => playScenario(guest, hardware, scenario));
    });
}

function traceCommand(): Command {
  return new Command('trace')
    .description('print every access to the buses, until Ctrl-C')
    .argument('<name>', machineHelp)
    .addHelpText(
      'after',
      `
With "hardware: trace: true" in the YAML it begins with the accesses since the boot.

Example:
  lkit i2c trace web`,
    )
    .action(async (name: string) => {
      const { formatAccess, traceBus } = await import('../../pkg/hardware/index.ts');
      await withHardware(name, ({ guest, hardware }, signal) =>
        traceBus(guest, (access) => process.stdout.write(`${formatAccess(access, hardware)}\n`), signal),
      );
    });
}
