import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isErrno } from '../errors/index.ts';
import { formatPlatform, type Platform } from '../image/index.ts';
import { inMemory, readElf } from '../package/index.ts';
import { elfPlatform } from '../source/index.ts';
import { AuthoringError, badOption } from './error.ts';
import { hostLibraries } from './host-libraries.ts';
import type { PlainFile } from './members.ts';

export interface BinaryRequest {
  /** The program on this host. */
  readonly file: string;
  /** Where it goes in the image. @default `/` and its name */
  readonly target?: string | undefined;
  /** Take the libraries along that it needs. */
  readonly withLibraries: boolean;
  readonly platform: Platform | undefined;
}

export interface BinaryFiles {
  readonly files: readonly PlainFile[];
  readonly platform: Platform;
  /** Where the program is in the image. */
  readonly target: string;
}

/**
 * A program as the files of an image.
 *
 * @throws {AuthoringError} `not-a-binary`, `dynamic-binary`, `wrong-architecture`, `missing-library`
 */
export async function binaryFiles({ file, target, withLibraries, platform }: BinaryRequest): Promise<BinaryFiles> {
  const content = await readProgram(file);
  const place = target ?? `/${path.basename(file)}`;
  if (!place.startsWith('/')) throw badOption(`"${place}" is not an absolute path`, 'Example: --target /usr/bin/hello');
  const found = elfPlatform(content);
  const elf = await readElf(inMemory(content));
  if (found === undefined || elf === undefined) {
    throw new AuthoringError('not-a-binary', `${file} is not a program for Linux (an ELF file)`, {
      kind: 'input',
      hint: 'Scripts need an image with their interpreter: --rootfs.',
    });
  }
  checkPlatform(file, found, platform);
  const libraries = [...(elf.interpreter === undefined ? [] : [elf.interpreter]), ...elf.needed];
  if (libraries.length > 0 && !withLibraries) {
    throw new AuthoringError('dynamic-binary', `${file} is linked dynamically: it needs ${libraries.join(', ')}`, {
      kind: 'input',
      hint: 'Link it statically (-static), or take the libraries of this host along: --with-libs.',
    });
  }
  const taken = libraries.length > 0 ? await hostLibraries(file, elf) : [];
  const files: readonly PlainFile[] = [
    { path: place, mode: 0o755, content },
    ...taken
      .filter((each) => each.path !== place)
      .map((each) => ({ ...each, mode: each.link === undefined ? 0o755 : 0o777 })),
  ];
  return { files, platform: platform ?? found, target: place };
}

async function readProgram(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const reason = isErrno(error, 'ENOENT')
      ? 'there is no such file'
      : isErrno(error, 'EISDIR')
        ? 'it is a folder'
        : undefined;
    if (reason === undefined) throw error;
    throw new AuthoringError('not-a-binary', `cannot read ${file}: ${reason}`, { kind: 'input', cause: error });
  }
}

function checkPlatform(file: string, found: Platform, wanted: Platform | undefined): void {
  if (wanted === undefined || wanted.architecture === found.architecture) return;
  const message = `${file} is for ${formatPlatform(found)}, not for ${formatPlatform(wanted)}`;
  throw new AuthoringError('wrong-architecture', message, {
    kind: 'input',
    hint: 'Leave --platform out, or build it for that one.',
  });
}
