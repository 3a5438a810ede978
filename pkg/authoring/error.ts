import { LkitError } from '../errors/index.ts';

/**
 * - `bad-option`: a value that an image configuration cannot have
 * - `not-a-binary`, `dynamic-binary`, `wrong-architecture`: the program is none, or needs what the image would not have
 * - `missing-library`: a library that a program needs is not on this host
 * - `bad-target`, `exists`: where the image was to go
 * - `cannot-unpack`: the files could not be written
 */
export type AuthoringErrorCode =
  | 'bad-option'
  | 'not-a-binary'
  | 'dynamic-binary'
  | 'wrong-architecture'
  | 'missing-library'
  | 'no-files'
  | 'bad-target'
  | 'exists'
  | 'cannot-unpack';

/** An image cannot be made, changed or written as asked. */
export class AuthoringError extends LkitError<AuthoringErrorCode> {}

/** What the user typed is wrong; `hint` gives an example that is right. */
export function badOption(message: string, hint: string): AuthoringError {
  return new AuthoringError('bad-option', message, { kind: 'input', hint });
}

/** What is there is not written over unasked. */
export function exists(file: string): AuthoringError {
  return new AuthoringError('exists', `${file} is there already`, {
    kind: 'input',
    hint: 'Write over it with --force.',
  });
}
