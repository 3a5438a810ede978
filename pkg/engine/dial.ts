import type { Engine } from './connect.ts';

/** What dockerode's types leave out. */
interface Modem {
  dial(options: object, callback: (error: Error | null, answer: unknown) => void): void;
}

/** A request to the engine for which dockerode has no call that fits. */
export function dial({ docker }: Engine, request: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    (docker.modem as unknown as Modem).dial(request, (error, answer) => {
      if (error) reject(error);
      else resolve(answer);
    });
  });
}
