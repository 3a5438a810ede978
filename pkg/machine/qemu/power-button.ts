import { setTimeout as sleep } from 'node:timers/promises';
import { connectWhenReady } from '../sockets.ts';
import { QmpClient } from './qmp.ts';

/** A monitor that another client has does not answer. */
const answerMs = 1_000;

/**
 * Presses the power button of a QEMU that somebody else started. The guest may ignore it.
 *
 * @param control the socket of its monitor
 * @returns false when the monitor does not answer, as when a `lkit run` in the foreground has it
 */
export async function pressPowerButton(control: string): Promise<boolean> {
  const socket = await connectWhenReady(control, AbortSignal.timeout(answerMs), answerMs);
  if (socket === undefined) return false;
  try {
    const pressed = QmpClient.open(socket, () => undefined)
      .then((qmp) => qmp.execute('system_powerdown'))
      .then(
        () => true,
        () => false,
      );
    return await Promise.race([pressed, sleep(answerMs, false, { ref: false })]);
  } finally {
    socket.destroy();
  }
}
