export { type ConsoleAction, type EscapeState, type EscapeStep, readKeys } from './escape.ts';
export { loggedConsole } from './logged.ts';
export { socketPair } from './pair.ts';
export { openPty } from './pty.ts';
export { type ConsoleBridge, openTerminal, type Terminal, type TerminalHandlers } from './terminal.ts';
export { type ConsoleSign, ConsoleWatch } from './watch.ts';
