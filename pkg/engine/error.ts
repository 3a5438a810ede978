import { LkitError } from '../errors/index.ts';

export type EngineErrorCode =
  /** No container engine answers. */
  | 'no-engine'
  /** `DOCKER_HOST` is not an address, or its certificates cannot be read. */
  | 'bad-address'
  /** The engine refused something, or stopped answering. */
  | 'engine-failed'
  /** A step of a Dockerfile failed, or the Dockerfile is not valid. */
  | 'build-failed';

/** The container engine is not there, or cannot do what was asked of it. */
export class EngineError extends LkitError<EngineErrorCode> {}
