import { timeMs } from './time.ts';
import { describeExpectation } from '../expectation.ts';
import type { Action, I2cRegister, RunAction, StepPlace } from '../types.ts';
import { toExpectation } from './pattern.ts';
import type { WrittenRegister, WrittenRun, WrittenStep } from './written.ts';

/** A step that has been checked. @param ports the guest's ports that are published */
export function toStep(
  written: WrittenStep | 'powerOff',
  at: StepPlace['at'],
  ports: readonly number[],
): StepPlace & Action {
  const step = written === 'powerOff' ? {} : written;
  const action = toAction(step, ports);
  const timeout = step.powerOff ?? step.timeout;
  return {
    at,
    title: step.name ?? describeAction(action),
    timeoutMs: timeout === undefined ? undefined : timeMs(timeout),
    ...action,
  };
}

function toAction(step: WrittenStep, ports: readonly number[]): Action {
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
  if (set !== undefined) return { kind: 'set', ...toRegister(set), to: set.to };
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
    case 'set':
      return `set ${describeRegister(action)} to ${hex(action.to)}`;
    case 'after':
      return `after ${action.delayMs / 1000} s`;
    case 'powerOff':
      return 'powerOff';
  }
}

function describeRegister({ bus, address, register }: I2cRegister): string {
  return `${bus} ${hex(address)} ${hex(register)}`;
}

/** `0x0a` */
export function hex(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}
