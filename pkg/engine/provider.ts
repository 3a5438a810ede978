import type { EngineEnvironment } from './address.ts';
import { connectEngine, type Engine } from './connect.ts';

/** Gives the engine, which is looked for when it is first needed. */
export type EngineProvider = () => Promise<Engine>;

/** The engine that the environment names, or the first that answers on a usual socket. Costs nothing until it is called. */
export function engineProvider(env: EngineEnvironment): EngineProvider {
  let engine: Promise<Engine> | undefined;
  return () => (engine ??= connectEngine(env));
}
