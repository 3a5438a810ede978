export { HardwareError, type HardwareErrorCode } from './error.ts';
export { type GuestHardware } from './guest-files.ts';
export * from './live/index.ts';
export { hex } from './hex.ts';
export type { DeviceModel, EncodeContext, Quantity, RegisterImage, Unit, Values } from './model.ts';
export { models } from './models/index.ts';
export { formatQuantity } from './units.ts';
export { checkHardware, withHardware } from './system.ts';
