import { MachineError } from '../error.ts';
import { connectGuest } from './connect.ts';

/**
 * Asks the guest to power off, through its agent.
 *
 * @returns false when no agent answers within `timeoutMs`
 */
export async function askGuest(agents: readonly string[], timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
  try {
    const guest = await connectGuest(agents, { timeoutMs, signal });
    try {
      await guest.powerOff();
    } finally {
      await guest.close();
    }
    return true;
  } catch (error) {
    if (error instanceof MachineError) return false;
    throw error;
  }
}
