/** What is read at most. A system's file stays far below; what is above would cost memory and time without end. */
export const limits = {
  bytes: 4 * 2 ** 20,
  /** Collections inside collections. */
  depth: 100,
  /** Words, punctuation and line breaks. */
  lexemes: 100_000,
  /** Values after every alias has been replaced by what it stands for. */
  values: 100_000,
} as const;
