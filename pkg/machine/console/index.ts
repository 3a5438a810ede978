export { type ConsoleAction, type EscapeState, type EscapeStep, readKeys } from './escape.ts';
export { type ConsoleBridge, openTerminal, type Terminal, type TerminalHandlers } from './terminal.ts';
export { type ConsoleSign, ConsoleWatch } from './watch.ts';
