import { child, type LoadedFile, parsePattern, textOf, type Tree } from '../../spec/index.ts';
import { groupsOf } from './pattern.ts';
import { actionNames, setKeys } from './written.ts';

/** Checks the steps of one test: each does one thing, patterns are patterns, ports are published. */
export function checkSteps(file: LoadedFile, steps: readonly Tree[], ports: readonly number[]): void {
  for (const [index, step] of steps.entries()) {
    checkAction(file, step);
    checkLast(file, step, index === steps.length - 1);
    for (const text of [
      child(step, 'console'),
      child(child(step, 'run'), 'stdout'),
      child(child(step, 'run'), 'stderr'),
      child(child(step, 'http'), 'body'),
    ]) {
      if (text !== undefined) checkExpectation(file, text);
    }
    checkSet(file, child(step, 'set'));
    const http = child(step, 'http');
    if (http !== undefined) checkPort(file, http, ports);
  }
}

function checkAction(file: LoadedFile, step: Tree): void {
  if (step.kind !== 'mapping') return;
  const actions = actionNames.filter((name) => step.entries.has(name));
  const [first, second] = actions;
  if (first === undefined) {
    const hint = `One of: ${actionNames.join(', ')}.`;
    file.report(firstKey(step), { code: 'missing-key', message: 'the step does not say what to do', hint });
  } else if (second !== undefined) {
    const key = step.entries.get(second)?.key ?? step;
    const message = `a step does one thing: this one has "${first}" already`;
    file.report(key, { code: 'conflicting-keys', message, hint: 'Begin another step with "- ".' });
  }
}

function checkLast(file: LoadedFile, step: Tree, isLast: boolean): void {
  const at = textOf(step) === 'powerOff' ? step : child(step, 'powerOff');
  if (at === undefined || isLast) return;
  file.report(at, { code: 'conflicting-keys', message: 'nothing can follow "powerOff": the machine is off then' });
}

/** `set` has either a register with its value, on a bus, or a device with quantities. */
function checkSet(file: LoadedFile, set: Tree | undefined): void {
  if (set?.kind !== 'mapping') return;
  const has = (key: string): boolean => set.entries.has(key);
  const isRegister = has('register') || has('to');
  const quantities = [...set.entries].filter(([key]) => !setKeys.some((each) => each === key));
  const [quantity] = quantities;
  if (isRegister && quantity !== undefined) {
    const message = `"${quantity[0]}" cannot stand beside "register" and "to"`;
    file.report(quantity[1].key, { code: 'conflicting-keys', message, hint: 'Make a step of its own of it.' });
  }
  const missing = isRegister
    ? ['bus', 'address', 'register', 'to'].filter((key) => !has(key))
    : has('device')
      ? []
      : ['bus', 'address'].filter((key) => !has(key));
  if (missing.length > 0) {
    const message = `"set" lacks ${missing.map((key) => `"${key}"`).join(' and ')}`;
    const hint = isRegister ? undefined : 'Name the device by "device", or by "bus" and "address".';
    file.report(firstKey(set), { code: 'missing-key', message, ...(hint && { hint }) });
  } else if (!isRegister && quantity === undefined) {
    const hint = 'A quantity of its model, such as "temperature: 40 °C"; or "register" and "to".';
    file.report(firstKey(set), { code: 'missing-key', message: '"set" does not say what to change', hint });
  }
}

function checkExpectation(file: LoadedFile, node: Tree): void {
  if (node.kind === 'scalar') {
    checkPattern(file, node);
    return;
  }
  const [match, equals, near, within] = ['match', 'equals', 'near', 'within'].map((key) => child(node, key));
  if ((match === undefined) === (equals === undefined)) {
    const message = 'an expectation has either "match" or "equals"';
    file.report(firstKey(node), { code: match === undefined ? 'missing-key' : 'conflicting-keys', message });
  }
  const pattern = match && checkPattern(file, match);
  if (within !== undefined && near === undefined) {
    file.report(within, { code: 'missing-key', message: '"within" says how far from "near": that is missing' });
  }
  if (near === undefined || match === undefined || pattern === 'invalid') return;
  if (pattern === undefined || groupsOf(pattern) === 0) {
    const hint = String.raw`Put the number into a group: /temperature ([\d.]+)/`;
    file.report(match, { code: 'invalid-value', message: '"near" needs a pattern that captures a number', hint });
  }
}

function checkPattern(file: LoadedFile, node: Tree): RegExp | 'invalid' | undefined {
  try {
    return parsePattern(textOf(node) ?? '');
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : String(error);
    file.report(node, { code: 'invalid-value', message: `this is not a regular expression: ${reason}` });
    return 'invalid';
  }
}

function checkPort(file: LoadedFile, http: Tree, ports: readonly number[]): void {
  const port = child(http, 'publish');
  const published = `Published ports: ${ports.length === 0 ? 'none' : ports.join(', ')}.`;
  if (port === undefined && ports.length !== 1) {
    const message = ports.length === 0 ? 'no port is published' : 'several ports are published: which one?';
    const hint = ports.length === 0 ? 'Add "publish: [80]" to the test.' : published;
    file.report(firstKey(http), { code: 'missing-key', message, hint });
  } else if (port?.kind === 'scalar' && !ports.includes(Number(port.value))) {
    const message = `port ${String(port.value)} of the guest is not published`;
    file.report(port, { code: 'unknown-name', message, hint: `${published} Add it to "publish".` });
  }
}

/** Where to point at in a mapping that lacks something. */
function firstKey(node: Tree): Tree | { readonly start: number; readonly end: number } {
  const [entry] = node.kind === 'mapping' ? node.entries.values() : [];
  return entry?.key ?? { start: node.start, end: node.start + 1 };
}
