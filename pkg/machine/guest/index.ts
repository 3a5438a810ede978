export { connectGuest, type ConnectOptions } from './connect.ts';
export type { GuestCommand, GuestControl, GuestResult } from './control.ts';
