export type { BytePath, Entry, EntryType } from './entry.ts';
