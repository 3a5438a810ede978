import type { Location } from '../errors/index.ts';

/**
 * - `unreadable`: there is no text: no such file, no answer of a server
 * - `encoding`: not UTF-8, or characters that no YAML file may have
 * - `too-large`: beyond what lkit reads: bytes, nesting, values (also through aliases)
 * - `syntax`, `empty`, `multiple-documents`, `duplicate-key`, `unknown-anchor`, `unknown-tag`: not a usable YAML document
 * - `unknown-key`, `missing-key`, `wrong-type`, `invalid-value`, `conflicting-keys`: does not follow the schema
 * - `duplicate-name`, `unknown-name`, `cycle`: names that do not fit together
 * - `not-supported`, `no-effect`: valid, but lkit cannot do it, or does nothing for it
 */
export type DiagnosticCode =
  | 'unreadable'
  | 'encoding'
  | 'too-large'
  | 'syntax'
  | 'empty'
  | 'multiple-documents'
  | 'duplicate-key'
  | 'unknown-anchor'
  | 'unknown-tag'
  | 'unknown-key'
  | 'missing-key'
  | 'wrong-type'
  | 'invalid-value'
  | 'conflicting-keys'
  | 'duplicate-name'
  | 'unknown-name'
  | 'cycle'
  | 'not-supported'
  | 'no-effect';

/** An `error` makes the file unusable, a `warning` is probably a mistake, a `notice` is for the user's information. */
export type Severity = 'error' | 'warning' | 'notice';

/** Something to say about a place in a file. */
export interface Diagnostic {
  readonly severity: Severity;
  readonly code: DiagnosticCode;
  readonly at: Location;
  /** Just behind the last character that this is about; on the same line or a later one. */
  readonly end: { readonly line: number; readonly column: number };
  /** One sentence without a full stop, near misses included. */
  readonly message: string;
  /** What could stand there: `a list`, `true or false`. */
  readonly expected?: string;
  /** What does: `the number 420`. */
  readonly found?: string;
  /** What the user may have meant, nearest first. */
  readonly suggestions?: readonly string[];
  /** A sentence that tells what to do. */
  readonly hint?: string;
}
