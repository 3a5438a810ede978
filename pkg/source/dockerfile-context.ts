import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { isErrno } from '../errors/index.ts';
import { sha256 } from '../image/index.ts';
import type { ContextSpec } from './build-context.ts';
import { ignoreFileName, parseIgnoreFile } from './dockerignore.ts';
import { fault, type Named } from './fault.ts';

/** A Dockerfile and what belongs to it. */
export interface DockerfileBuild {
  /** The context's folder. */
  readonly folder: string;
  /** Relative to the folder. @default 'Dockerfile' */
  readonly dockerfile?: string | undefined;
  readonly args: Readonly<Record<string, string>>;
  readonly target?: string | undefined;
  /** `linux/arm64`. @default the system's */
  readonly platform?: string | undefined;
  readonly labels?: Readonly<Record<string, string>>;
  /** Files or folders from elsewhere, and their place in the context. */
  readonly extra?: ContextSpec['extra'];
  /** Whether steps may use the network. @default true */
  readonly network?: boolean;
  /** Build every step anew, whatever the engine remembers. @default false */
  readonly noCache?: boolean;
}

/**
 * Finds everything that a build is made from.
 *
 * @throws {SourceError} `bad-context`, `bad-dockerfile`
 */
export async function readContext(build: DockerfileBuild, image: Named): Promise<ContextSpec> {
  const { folder, dockerfile = 'Dockerfile', extra = [] } = build;
  if ((await stat(folder).catch(() => undefined))?.isDirectory() !== true) {
    throw fault('bad-context', `there is no folder ${folder} to build from`, image);
  }
  for (const { from } of extra) {
    if (await stat(from).catch(() => undefined)) continue;
    throw fault('bad-context', `${folder} needs ${from}, which is not there`, image);
  }
  const file = path.resolve(folder, dockerfile);
  const text = await readOptional(file);
  if (text === undefined) {
    throw fault(
      'bad-dockerfile',
      `there is no ${file}`,
      image,
      'The key "dockerfile" names another, relative to the folder.',
    );
  }
  const inside = path.relative(folder, file);
  // One from outside has a name that nothing in the context has.
  const name = inside.startsWith('..') ? `.lkit.${sha256(text).replace(':', '-')}` : inside.split(path.sep).join('/');
  return { folder, extra, ...(await readIgnore(folder, file, image)), dockerfile: { name, text } };
}

/** A Dockerfile's own `NAME.dockerignore` comes before the context's (docker build, "Filename and location"). */
async function readIgnore(
  folder: string,
  dockerfile: string,
  image: Named,
): Promise<Pick<ContextSpec, 'ignore' | 'ignoreFile'>> {
  for (const file of [`${dockerfile}.dockerignore`, path.join(folder, ignoreFileName)]) {
    const text = await readOptional(file);
    if (text === undefined) continue;
    try {
      return { ignore: parseIgnoreFile(text), ignoreFile: path.relative(folder, file) };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw fault('bad-context', `${file}: ${error.message}`, image);
    }
  }
  return { ignore: [], ignoreFile: undefined };
}

async function readOptional(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
