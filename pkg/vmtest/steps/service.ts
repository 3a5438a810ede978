import type { GuestSession } from '../guest/session.ts';

/** A service that is healthy is running as well. */
const alsoIn: Readonly<Record<string, readonly string[]>> = { running: ['healthy'] };

/** Whether a service is in a state: gives back the state that it is in instead. */
export async function serviceIsIn(
  { service, state }: { readonly service: string; readonly state: string },
  session: GuestSession,
  signal: AbortSignal,
): Promise<string | undefined> {
  const control = await session.control(signal);
  // docs/guest.md: where pkg:init's supervisors tell the states of their services.
  const command = ['cat', `/run/lkit/services/${service}/state`];
  const { exitCode, stdout } = await control.run({ command, signal });
  const found = stdout.toString().trim();
  if (exitCode !== 0 || found === '') return `there is no service ${service}`;
  return found === state || alsoIn[state]?.includes(found) === true
    ? undefined
    : `the service ${service} is ${found}, not ${state}`;
}
