import { readFile } from 'node:fs/promises';
import { isErrno } from '../errors/index.ts';
import { type DebianPackage, isDigest, UntrustedJson } from '../image/index.ts';
import { LockError } from './error.ts';
import type { Lock, LockedImage } from './types.ts';

/** The lock of a large system has some hundred kilobytes. */
const maxLockBytes = 16 << 20;

/**
 * Reads a lock file.
 *
 * @throws {LockError} `unreadable-lock`, `invalid-lock`
 */
export async function readLock(file: string): Promise<Lock> {
  try {
    return parseLock(await readFile(file), file);
  } catch (error) {
    if (!isErrno(error)) throw error;
    const reason = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new LockError('unreadable-lock', `cannot read the lock ${file}: ${reason}`, {
      kind: 'input',
      hint: '"lkit build" writes one beside its output: NAME.lock.json.',
      cause: error,
    });
  }
}

/** @throws {LockError} `invalid-lock` */
export function parseLock(bytes: Uint8Array, file: string): Lock {
  const fail = (message: string): LockError =>
    new LockError('invalid-lock', `${file} is not a valid lock: ${message}`, {
      kind: 'input',
      hint: 'Build without --locked to write it anew.',
    });
  if (bytes.length > maxLockBytes) throw fail(`has ${bytes.length} bytes; more than ${maxLockBytes} are not accepted`);
  const json = UntrustedJson.parse(bytes, fail);
  const version = json.get('version').size();
  if (version !== 1) throw fail(`it is of version ${version}, and this lkit knows version 1`);
  return { version, images: json.get('images').list().map(readImage) };
}

function readImage(json: UntrustedJson): LockedImage {
  const digest = json.get('digest').string();
  if (!isDigest(digest)) throw json.get('digest').error('a sha256 digest');
  const packages = json.get('packages').optional((each) => each.list().map(readPackage));
  return {
    image: json.get('image').string(),
    platform: json.get('platform').string(),
    mediaType: json.get('mediaType').string(),
    digest,
    size: json.get('size').size(),
    ...(packages !== undefined && { packages }),
  };
}

function readPackage(json: UntrustedJson): DebianPackage {
  return {
    name: json.get('name').string(),
    version: json.get('version').string(),
    architecture: json.get('architecture').string(),
    sha256: json.get('sha256').string(),
  };
}
