import { setTimeout as sleep } from 'node:timers/promises';
import { VmTestError } from '../error.ts';
import { describeExpectation } from '../expectation.ts';
import type { GuestSession } from '../guest/session.ts';
import type { Action, Expectation } from '../types.ts';
import { askHttp } from './http.ts';
import { readRegister, setValues, writeRegister } from './i2c.ts';
import { runCommand } from './run.ts';
import { serviceIsIn } from './service.ts';

/**
 * Does what a step says, and waits until what it expects is there or the signal is aborted.
 *
 * @returns `undefined` when all is as expected, else a sentence on what is not
 */
export async function perform(action: Action, session: GuestSession, signal: AbortSignal): Promise<string | undefined> {
  switch (action.kind) {
    case 'console':
      return await waitForConsole(action.expected, session, signal);
    case 'type':
      session.type(action.text);
      return undefined;
    case 'service':
      return await untilHolds(signal, () => serviceIsIn(action, session, signal));
    case 'run':
      return await untilHolds(signal, () => runCommand(action, session, signal), action.retry);
    case 'http':
      return await untilHolds(signal, () => askHttp(action, session.address(action.guestPort), signal));
    case 'i2c':
      return await untilHolds(signal, () => readRegister(action, session, signal));
    case 'setRegister':
      return await untilHolds(signal, () => writeRegister(action, session, signal), false);
    case 'setValues':
      return await untilHolds(signal, () => setValues(action, session, signal), false);
    case 'after':
      await sleep(action.delayMs, undefined, { signal }).catch(() => undefined);
      return signal.aborted ? 'the time was not over' : undefined;
    case 'powerOff':
      return await powerOff(session, signal);
  }
}

/** Short beside what one attempt costs in an emulated guest. */
const retryMs = 20;

/**
 * Tries until nothing is wrong any more, or the signal is aborted; gives back what was wrong last. Without `again` only
 * a guest that cannot be asked yet is asked again.
 */
async function untilHolds(
  signal: AbortSignal,
  attempt: () => Promise<string | undefined>,
  again = true,
): Promise<string | undefined> {
  const isOver = (): boolean => signal.aborted;
  let wrong: string | undefined;
  while (!isOver()) {
    try {
      const found = await attempt();
      if (found === undefined || !again) return found;
      // What an aborted attempt says is about its end; what the one before said is about the guest.
      if (!isOver()) wrong = found;
    } catch (error) {
      if (!(error instanceof VmTestError)) throw error;
      wrong ??= error.message;
    }
    await sleep(retryMs, undefined, { signal }).catch(() => undefined);
  }
  return wrong ?? 'there was no time for it';
}

async function waitForConsole(
  expected: Expectation,
  { console }: GuestSession,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { seen, found } = await console.waitFor(expected, signal);
  if (seen) return undefined;
  const what = describeExpectation(expected);
  return found === undefined
    ? `the console has not shown ${what}`
    : `the console has shown no number ${what}; the last was ${found}`;
}

async function powerOff(session: GuestSession, signal: AbortSignal): Promise<string | undefined> {
  const aborted = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => {
      resolve(undefined);
    });
  });
  await session.powerDown();
  const outcome = await Promise.race([session.ended, aborted]);
  if (outcome === undefined) return 'the machine has not powered off';
  return outcome.kind === 'powered-off' ? undefined : outcome.message;
}
