import { ImageError } from './error.ts';
import type { Digest } from './types.ts';

const sha256Form = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: string): text is Digest {
  return sha256Form.test(text);
}

/** @throws {ImageError} `invalid-digest` */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  const shown = JSON.stringify(text.slice(0, 80));
  throw new ImageError(
    'invalid-digest',
    /^sha(384|512):/.test(text)
      ? `the digest ${shown} is of an algorithm that lkit does not support`
      : `${shown} is no digest`,
    { hint: 'A digest is "sha256:" and 64 digits from 0 to 9 and a to f.' },
  );
}
