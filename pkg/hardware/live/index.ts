export {
  dumpDevice,
  findDevice,
  liveDevices,
  playScenario,
  readCells,
  readHardware,
  writeCells,
  type LiveDevice,
} from './bus.ts';
export type { GuestShell } from './shell.ts';
export { type BusAccess, formatAccess, traceBus } from './trace.ts';
export {
  isRegister,
  liveValues,
  modelOf,
  noQuantity,
  parseAssignment,
  registersNow,
  registerText,
  writesFor,
} from './values.ts';
