export * from './types.ts';
export { VolumeError, type VolumeErrorCode } from './volumes.ts';
export { makePlan, PlanError, type PlanErrorCode, type PlanInput } from './plan.ts';
