import { MachineError } from '../error.ts';
import { requestUnix } from '../unix-http.ts';

/** vfkit's control: https://github.com/crc-org/vfkit/blob/main/doc/usage.md#restful-api */
export interface VfkitRest {
  /**
   * The pseudo-terminal of the console.
   *
   * @throws {MachineError} `monitor-failed`
   */
  consolePty(): Promise<string>;
  /**
   * `Stop` presses the power button, `HardStop` cuts the power.
   *
   * @throws {MachineError} `monitor-failed`
   */
  changeState(state: 'Stop' | 'HardStop'): Promise<void>;
}

export function vfkitRest(socket: string): VfkitRest {
  const ask = async (method: string, path: string, body?: unknown): Promise<string> => {
    const request = { method, path, ...(body === undefined ? {} : { body }) };
    const { status, body: said } = await requestUnix(socket, request).catch((error: unknown) => {
      throw new MachineError('monitor-failed', `vfkit's control does not answer: ${String(error)}`, { cause: error });
    });
    if (status >= 200 && status < 300) return said;
    throw new MachineError('monitor-failed', `vfkit refused ${method} ${path} (HTTP status ${status}): ${said}`);
  };
  return {
    async consolePty() {
      const said = await ask('GET', '/vm/inspect');
      const pty = ptyIn(said);
      if (pty !== undefined) return pty;
      throw new MachineError('monitor-failed', `vfkit names no pseudo-terminal of the console: ${said.slice(0, 200)}`);
    },
    async changeState(state) {
      await ask('POST', '/vm/state', { state });
    },
  };
}

function ptyIn(text: string): string | undefined {
  try {
    const { devices = [] } = JSON.parse(text) as { readonly devices?: readonly { readonly ptyName?: unknown }[] };
    const name = devices.map(({ ptyName }) => ptyName).find((each) => typeof each === 'string' && each !== '');
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}
