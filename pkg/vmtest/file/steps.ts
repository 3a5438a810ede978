import { timeMs } from './time.ts';
import { hex } from '../../hardware/index.ts';
import { describeExpectation } from '../expectation.ts';
import type { Action, I2cRegister, RunAction, StepPlace } from '../types.ts';
import { toExpectation } from './pattern.ts';
import type { WrittenRegister, WrittenRun, WrittenSet, WrittenStep } from './written.ts';

/**
 * A step that has been checked.
 *
 * @param ports the guest's ports that are published
 * @param folder the test file's
 */
export function toStep(
  written: WrittenStep | 'powerOff',
  at: StepPlace['at'],
  ports: readonly number[],
  folder: string,
): StepPlace & Action {
  const step = written === 'powerOff' ? {} : written;
  const action = toAction(step, ports, folder);
  const timeout = step.powerOff ?? step.timeout;
  return {
    at,
    title: step.name ?? describeAction(action),
    timeoutMs: timeout === undefined ? undefined : timeMs(timeout),
    ...action,
  };
}

function toAction(step: WrittenStep, ports: readonly number[], folder: string): Action {
  const { console, type, service, run, http, i2c, set, after } = step;
  if (console !== undefined) return { kind: 'console', expected: toExpectation(console) };
  if (type !== undefined) return { kind: 'type', text: type };
  if (service !== undefined) return { kind: 'service', service: service.name, state: service.state ?? 'running' };
  if (run !== undefined) return toRun(typeof run === 'string' ? { command: run } : run);
  if (http !== undefined) {
    const { publish = ports[0] ?? 0, path = '/', status = 200, body } = http;
    return {
      kind: 'http',
      guestPort: publish,
      path,
      status,
      body: body === undefined ? undefined : toExpectation(body),
    };
  }
  if (i2c !== undefined) return { kind: 'i2c', ...toRegister(i2c), equals: i2c.equals };
  if (set !== undefined) return toSet(set, folder);
  if (after !== undefined) return { kind: 'after', delayMs: timeMs(after) };
  return { kind: 'powerOff' };
}

function toRun({ command, in: service, exit = 0, stdout, stderr, retry = false }: WrittenRun): RunAction {
  return {
    kind: 'run',
    command,
    service,
    exitCode: exit,
    stdout: stdout === undefined ? undefined : toExpectation(stdout),
    stderr: stderr === undefined ? undefined : toExpectation(stderr),
    retry,
  };
}

function toSet({ device, bus = '', address = 0, register, to, width, ...values }: WrittenSet, folder: string): Action {
  if (register !== undefined && to !== undefined) {
    return { kind: 'setRegister', ...toRegister({ bus, address, register, ...(width && { width }) }), to };
  }
  return {
    kind: 'setValues',
    device: device === undefined ? { bus: String(bus), address } : { name: device },
    values: new Map(Object.entries(values).map(([name, value]) => [name, String(value)])),
    folder,
  };
}

function toRegister({ bus, address, register, width = 'byte' }: WrittenRegister): I2cRegister {
  return { bus: String(bus), address, register, width };
}

const longestCommand = 60;

function describeAction(action: Action): string {
  switch (action.kind) {
    case 'console':
      return `console ${describeExpectation(action.expected)}`;
    case 'type':
      return `type ${JSON.stringify(action.text)}`;
    case 'service':
      return `service ${action.service} ${action.state}`;
    case 'run': {
      const words = typeof action.command === 'string' ? action.command : action.command.join(' ');
      const line = words.trim().replaceAll(/\s*\n\s*/g, '; ');
      const shown = line.length > longestCommand ? `${line.slice(0, longestCommand - 1)}…` : line;
      return `run ${action.service === undefined ? '' : `in ${action.service}: `}${shown}`;
    }
    case 'http':
      return `http :${action.guestPort}${action.path}`;
    case 'i2c':
      return `i2c ${describeRegister(action)} = ${hex(action.equals)}`;
    case 'setRegister':
      return `set ${describeRegister(action)} to ${hex(action.to)}`;
    case 'setValues': {
      const { device, values } = action;
      const name = 'name' in device ? device.name : `${device.bus} ${hex(device.address)}`;
      return `set ${name}: ${[...values].map((value) => value.join(' ')).join(', ')}`;
    }
    case 'after':
      return `after ${action.delayMs / 1000} s`;
    case 'powerOff':
      return 'powerOff';
  }
}

function describeRegister({ bus, address, register }: I2cRegister): string {
  return `${bus} ${hex(address)} ${hex(register)}`;
}
