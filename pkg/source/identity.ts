import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';

/**
 * What changes when a file is replaced or written to: which file it is, its size, and when its content and its
 * attributes last changed, as precisely as the disk knows.
 */
export async function fileIdentity(file: string): Promise<string> {
  return identityOf(await stat(file, { bigint: true }));
}

export function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}
