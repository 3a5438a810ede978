export { askGuest } from './ask.ts';
export { connectGuest, type ConnectOptions } from './connect.ts';
export { copyFromGuest, copyToGuest } from './copy.ts';
export type { GuestCommand, GuestControl, GuestResult } from './control.ts';
