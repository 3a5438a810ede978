export type { EngineAddress, EngineEnvironment } from './address.ts';
export { BuildError, buildImage, type BuildRequest } from './build.ts';
export type { BuildFailure } from './build-progress.ts';
export { connectEngine, type Engine } from './connect.ts';
export { EngineError, type EngineErrorCode } from './error.ts';
export { type EngineImage, exportImage, inspectImage, loadImage } from './images.ts';
export { engineProvider, type EngineProvider } from './provider.ts';
export { type EnginePull, pullImage, type RegistryLogin } from './pull.ts';
