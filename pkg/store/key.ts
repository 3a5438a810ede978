import { createHash } from 'node:crypto';
import path from 'node:path';

/** Everything that a derived file depends on. Two keys are equal exactly when all of it is. */
export interface DerivedKey {
  /** What it is, one word for a folder's name: `squashfs`. */
  readonly kind: string;
  /** Counts up whenever the code that makes it changes its output. */
  readonly version: number;
  /** Digests of the inputs, parameters, versions of the tools. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** `KIND/HEX`, HEX being the sha256 of the key as canonical JSON. */
export function derivedName(key: DerivedKey): string {
  const inputs = Object.entries(key.inputs).sort(([a], [b]) => (a < b ? -1 : 1));
  const canonical = JSON.stringify([key.kind, key.version, inputs]);
  return path.join(checkWord(key.kind), createHash('sha256').update(canonical).digest('hex'));
}

/** A kind becomes a folder: it is a programming error if it is no plain word. */
export function checkWord(word: string): string {
  if (/^[a-z0-9][a-z0-9.-]*$/.test(word)) return word;
  throw new TypeError(`"${word}" cannot name a folder of the store`);
}
