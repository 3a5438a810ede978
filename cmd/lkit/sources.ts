import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isErrno, LkitError } from '../../pkg/errors/index.ts';
import type { SourceText } from '../../pkg/spec/index.ts';

/** Reads the YAML files of a command line: paths, http(s) URLs, `-` for standard input. */
export async function readSources(files: readonly string[]): Promise<readonly SourceText[]> {
  const sources: SourceText[] = [];
  for (const file of files) sources.push(await readSource(file));
  return sources;
}

/** Reads one of them. */
export async function readSource(file: string): Promise<SourceText> {
  if (file === '-') return { file: '<stdin>', text: await readAll(process.stdin), baseDir: process.cwd() };
  if (/^https?:\/\//.test(file)) return { file, text: await download(file), baseDir: process.cwd() };
  try {
    return { file, text: await readFile(file), baseDir: path.dirname(path.resolve(file)) };
  } catch (error) {
    throw unreadable(file, isErrno(error) ? (reasons[error.code ?? ''] ?? error.message) : String(error), error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
};

async function download(url: string): Promise<Buffer> {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(60_000) });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new LkitError('unreachable', `cannot get ${url}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause: error,
    });
  }
  if (!response.ok) throw unreadable(url, `the server answered ${response.status} ${response.statusText}`);
  return Buffer.from(await response.arrayBuffer());
}

function unreadable(file: string, reason: string, cause?: unknown): LkitError {
  return new LkitError('unreadable-file', `cannot read ${file}: ${reason}`, { kind: 'input', cause });
}

async function readAll(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
