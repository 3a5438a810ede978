import { createReadStream } from 'node:fs';
import path from 'node:path';
import { isErrno, LkitError } from '../../pkg/errors/index.ts';
import type { SourceText } from '../../pkg/spec/index.ts';
import { lkitVersion } from './context.ts';
import { type RegistryFlags, registryOptions } from './image-flags.ts';

/** Reads the YAML files of a command line: paths, http(s) URLs, `-` for standard input. */
export async function readSources(files: readonly string[], flags: RegistryFlags = {}): Promise<readonly SourceText[]> {
  const sources: SourceText[] = [];
  for (const file of files) sources.push(await readSource(file, flags));
  return sources;
}

/** Reads one of them. */
export async function readSource(file: string, flags: RegistryFlags = {}): Promise<SourceText> {
  if (file === '-')
    return { file: '<stdin>', text: await readAll(process.stdin, 'standard input'), baseDir: process.cwd() };
  if (/^https?:\/\//.test(file)) return { file, text: await download(file, flags), baseDir: process.cwd() };
  try {
    return { file, text: await readAll(createReadStream(file), file), baseDir: path.dirname(path.resolve(file)) };
  } catch (error) {
    if (error instanceof LkitError) throw error;
    throw unreadable(file, isErrno(error) ? (reasons[error.code ?? ''] ?? error.message) : String(error), error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
};

/** No YAML file that lkit reads is larger. */
const maxBytes = 16 << 20;

async function download(text: string, flags: RegistryFlags): Promise<Buffer> {
  if (!URL.canParse(text)) throw unreadable(text, 'it is no address');
  const { fetchDocument } = await import('../../pkg/registry/index.ts');
  return await fetchDocument(new URL(text), maxBytes, await registryOptions(flags, lkitVersion()));
}

function unreadable(file: string, reason: string, cause?: unknown): LkitError {
  return new LkitError('unreadable-file', `cannot read ${file}: ${reason}`, { kind: 'input', cause });
}

/** Files such as /dev/zero, and the output of some programs, have no end. */
async function readAll(stream: NodeJS.ReadableStream, name: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk));
    length += chunk.length;
    if (length > maxBytes) throw unreadable(name, `it is longer than ${maxBytes >> 20} MiB`);
  }
  return Buffer.concat(chunks);
}
