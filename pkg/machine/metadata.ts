import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { singleFileIso } from '../archive/index.ts';
import { isErrno } from '../errors/index.ts';
import { badInput } from './error.ts';

/** Where a machine finds its metadata disc. */
export function metadataDisc(stateFolder: string): string {
  return path.join(stateFolder, 'data.iso');
}

/**
 * LinuxKit's `-data STRING` or `-data-file FILE`: what the guest is to be told.
 *
 * @throws {MachineError} `bad-data` for both, and for a file that is not there
 */
export async function readMetadata(
  data: string | undefined,
  file: string | undefined,
): Promise<Uint8Array | undefined> {
  if (data !== undefined && file !== undefined) {
    throw badInput('bad-data', '-data and -data-file are both given', 'Give one: the text itself, or a file with it.');
  }
  if (file === undefined) return data === undefined ? undefined : Buffer.from(data);
  try {
    return await readFile(file);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'EISDIR', 'ENOTDIR')) throw error;
    throw badInput('bad-data', `there is no file ${file}`, 'Example: -data-file config.json, or -data \'{"key": 1}\'');
  }
}

/** Writes the disc on which LinuxKit's metadata package looks for a file `config`. It may hold secrets. */
export async function writeMetadataDisc(stateFolder: string, content: Uint8Array): Promise<void> {
  await mkdir(stateFolder, { recursive: true, mode: 0o700 });
  const disc = metadataDisc(stateFolder);
  const aside = `${disc}.${process.pid}.tmp`;
  await writeFile(aside, singleFileIso('CONFIG', content), { mode: 0o600 });
  await rename(aside, disc);
}
