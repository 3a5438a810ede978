import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { execa } from 'execa';
import { type Member, writeTar } from '../archive/index.ts';
import { isErrno } from '../errors/index.ts';
import { requireTool } from '../host/index.ts';
import type { StoredImage } from '../image/index.ts';
import type { Reporter } from '../report/index.ts';
import { imageTree, type Store } from '../store/index.ts';
import { AuthoringError, exists } from './error.ts';
import { numericUser, type RuntimeUser, runtimeSpec } from './runtime-spec.ts';

export interface UnpackContext {
  readonly store: Store;
  readonly reporter: Reporter;
  /** Who runs lkit: only root can give files away and make devices. */
  readonly user: RuntimeUser;
  readonly force: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Unpacks an image to a bundle that an OCI runtime runs as it is (runtime-spec, bundle.md): `FOLDER/config.json` and
 * `FOLDER/rootfs`. The folder appears when all of it is there.
 *
 * @throws {AuthoringError} `exists`, `cannot-unpack`
 */
export async function unpackBundle(image: StoredImage, folder: string, context: UnpackContext): Promise<void> {
  const { force, user, reporter } = context;
  const isThere = (await stat(folder).catch(() => undefined)) !== undefined;
  if (isThere && !force) throw exists(folder);
  const aside = `${folder}.${process.pid}.tmp`;
  const step = reporter.step(`unpack to ${folder}`);
  try {
    await mkdir(path.join(aside, 'rootfs'), { recursive: true });
    await extract(image, path.join(aside, 'rootfs'), context);
    const config = image.config.config ?? {};
    const spec = runtimeSpec(config, await userOf(config.User ?? '', aside), user);
    await writeFile(path.join(aside, 'config.json'), `${JSON.stringify(spec, undefined, 2)}\n`);
    if (isThere) await rm(folder, { recursive: true });
    await rename(aside, folder);
    step.end('done');
  } catch (error) {
    step.fail();
    await rm(aside, { recursive: true, force: true });
    if (!isErrno(error)) throw error;
    throw new AuthoringError('cannot-unpack', `cannot unpack to ${folder}: ${error.message}`, { cause: error });
  }
}

/**
 * The host's tar writes the files: it makes devices, owners and attributes, which Node.js cannot. What it gets is a flat
 * tree, in which no name leads through a symlink.
 */
async function extract(
  image: StoredImage,
  folder: string,
  { store, user, signal, reporter }: UnpackContext,
): Promise<void> {
  const tar = await requireTool('tar');
  const isRoot = user.uid === 0;
  const asRoot = ['--same-owner', '--numeric-owner', '--xattrs', '--xattrs-include=*'];
  const args = ['-x', '-p', '-f', '-', '-C', folder, ...(isRoot ? asRoot : ['--no-same-owner'])];
  let readError: Error | undefined;
  async function* tree(): AsyncGenerator<Member> {
    try {
      yield* imageTree(store, image);
    } catch (error) {
      readError = error as Error;
      throw error;
    }
  }
  const members = isRoot ? tree() : withoutDevices(tree(), reporter);
  const result = await execa(tar, args, {
    input: Readable.from(writeTar(members), { objectMode: false }),
    reject: false,
    stdout: 'ignore',
    ...(signal && { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
  // An image that cannot be read to its end is what tar complains of.
  if (readError !== undefined) throw readError;
  if (!result.failed) return;
  throw new AuthoringError(
    'cannot-unpack',
    `tar cannot write the files: ${result.stderr.trim() || result.shortMessage}`,
  );
}

async function* withoutDevices(members: AsyncIterable<Member>, reporter: Reporter): AsyncGenerator<Member> {
  let left = 0;
  for await (const member of members) {
    if (member.entry.device === undefined) yield member;
    else left++;
  }
  if (left > 0) reporter.warn(`${left} device nodes are left out: only root can make them`);
}

async function userOf(text: string, bundle: string): Promise<RuntimeUser> {
  const read = (name: string): Promise<string> =>
    readFile(path.join(bundle, 'rootfs/etc', name), 'utf8').catch(() => '');
  const user = numericUser(text, await read('passwd'), await read('group'));
  if (user !== undefined) return user;
  throw new AuthoringError(
    'cannot-unpack',
    `the image runs as "${text}", whom its /etc/passwd and /etc/group do not know`,
  );
}
