import { stat } from 'node:fs/promises';
import { bytePath, type Member } from '../archive/index.ts';
import { isErrno } from '../errors/index.ts';
import type { PlannedFile } from '../plan/index.ts';
import { OutputError } from './aside.ts';
import { directory, file, hostFile, link } from './members.ts';

/**
 * The files of a plan, in its order, with the host's files behind `source:`.
 *
 * @throws {OutputError} `missing-source`
 */
export async function* plannedMembers(files: readonly PlannedFile[]): AsyncGenerator<Member> {
  for (const planned of files) {
    const member = await plannedMember(planned);
    if (member === undefined) continue;
    yield { ...member, entry: { ...member.entry, uid: planned.uid, gid: planned.gid } };
  }
}

async function plannedMember({ path, mode, content }: PlannedFile): Promise<Member | undefined> {
  const name = bytePath(path);
  switch (content.kind) {
    case 'directory':
      return directory(name, mode);
    case 'symlink':
      return link(name, bytePath(content.target));
    case 'data':
      return file(name, mode, Buffer.from(content.data));
    case 'host': {
      const source = await hostSource(content);
      return source && hostFile(name, mode, source);
    }
  }
}

type HostContent = Extract<PlannedFile['content'], { readonly kind: 'host' }>;

/**
 * The host's file behind a `source:`; `undefined` for an optional one that is not there.
 *
 * @throws {OutputError} `missing-source`
 */
export async function hostSource(
  content: HostContent,
): Promise<{ readonly file: string; readonly size: number } | undefined> {
  const name = content.hostPath;
  try {
    const stats = await stat(name);
    if (stats.isFile()) return { file: name, size: stats.size };
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
    if (content.optional) return undefined;
  }
  throw new OutputError('missing-source', `there is no file ${name}`, {
    kind: 'input',
    at: content.at,
    hint: 'A relative path starts at the folder of the YAML file; "optional: true" allows for a missing file.',
  });
}
