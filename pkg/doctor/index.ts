import { type EngineProvider, EngineError } from '../engine/index.ts';
import { examineBuilding, examineFormats } from './building.ts';
import type { Finding } from './finding.ts';
import { examineRunning, type RunningOptions } from './running.ts';
import { examineSpace } from './space.ts';

export type { Finding } from './finding.ts';

export interface DoctorOptions extends RunningOptions {
  readonly engine: EngineProvider;
  /** `PATH`. */
  readonly path: string | undefined;
  /** The store's folder, and the one that a build writes to. */
  readonly store: string;
  readonly folder: string;
}

/** Finds out what this host can build and run. Starts a tiny guest where an accelerator has to be probed. */
export async function examineHost(options: DoctorOptions): Promise<readonly Finding[]> {
  const engine = await examineEngine(options.engine);
  return [
    ...(await examineBuilding(engine.state === 'works', options.path)),
    ...(await examineFormats(options.path)),
    ...(await examineRunning(options)),
    engine,
    await examineSpace('store', options.store),
    await examineSpace('output', options.folder),
  ];
}

/** Only images that are built or kept in an engine need one. */
async function examineEngine(engine: EngineProvider): Promise<Finding> {
  try {
    await engine();
    return { area: 'engine', subject: 'containers', state: 'works', detail: 'a container engine answers' };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const { message, hint } = error;
    return {
      area: 'engine',
      subject: 'containers',
      state: 'limited',
      detail: `Dockerfiles cannot be built: ${message.split('\n', 1).join('')}`,
      hint,
    };
  }
}
