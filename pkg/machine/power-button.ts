import { isRunning } from './process.ts';
import { pressQemusButton } from './qemu/power-button.ts';
import type { RunningState } from './state.ts';
import { vfkitRest } from './vfkit/rest.ts';

/**
 * Presses the power button of a machine that somebody else started. The guest may ignore it.
 *
 * @returns false when it cannot be pressed
 */
export async function pressPowerButton({ backend, process: started, sockets }: RunningState): Promise<boolean> {
  // SIGTERM is hyperkit's power button.
  if (backend === 'hyperkit') return (await isRunning(started)) && process.kill(started.pid, 'SIGTERM');
  if (sockets.control === undefined) return false;
  if (backend !== 'vfkit') return await pressQemusButton(sockets.control);
  return await vfkitRest(sockets.control)
    .changeState('Stop')
    .then(
      () => true,
      () => false,
    );
}
