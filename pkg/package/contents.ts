import path from 'node:path';
import { writeHostFile } from '../archive/index.ts';
import { runTool } from '../host/index.ts';
import type { Step } from '../report/index.ts';
import type { Store } from '../store/index.ts';
import { type ChosenFile, chooseFiles } from './choose.ts';
import { indexDeb } from './deb-index.ts';
import { readDeb } from './deb.ts';
import type { StoredDeb } from './debs.ts';
import { FileIndex } from './file-index.ts';
import { listFolder } from './folder.ts';
import { withLibraries } from './libraries.ts';
import type { Recipe } from './recipe.ts';
import { bytesContent, fileContent, Tree, type TreeContent, type TreeNode } from './tree.ts';

export interface ContentsInput {
  /** The package's own folder. */
  readonly folder: string;
  readonly recipe: Recipe;
  readonly debs: readonly StoredDeb[];
  /** Made of other things than the packages' own files, such as a kernel. */
  readonly extra: readonly TreeNode[];
  /** A folder for contents, until the layer is written. */
  readonly temporaryFolder: string;
  readonly step: Step;
  readonly store: Store;
}

const root = { uid: 0, gid: 0 } as const;

/**
 * All files of the image: those chosen from the packages with their libraries, the recipe's folders and links, then
 * the files in `rootfs` over them.
 *
 * @throws {PackageError} `missing-file`, `missing-library`, `conflicting-files`, `bad-deb`
 */
export async function imageContents(input: ContentsInput): Promise<Tree> {
  const { folder, recipe, debs, extra } = input;
  const tree = new Tree();
  for (const { path: name, mode } of recipe.directories) {
    tree.add({ path: relative(name), type: 'directory', mode, ...root });
  }
  for (const node of extra) tree.add(node);
  for (const node of await packageFiles(input)) tree.add(node);
  for (const { path: name, target } of recipe.links) {
    tree.add({ path: relative(name), type: 'symlink', mode: 0o777, link: target, ...root });
  }
  const rootfs = path.join(folder, 'rootfs');
  for (const { path: name, type, mode, size, link } of await listFolder(rootfs)) {
    const file = { path: name, type, mode, ...root };
    if (type === 'file') tree.add({ ...file, content: fileContent(path.join(rootfs, name), size) });
    else tree.add(link === undefined ? file : { ...file, link });
  }
  for (const deb of debs) tree.add(await statusRecord(deb));
  return tree;
}

function relative(name: string): string {
  return path.posix.normalize(name).replace(/^\/|\/$/g, '');
}

async function packageFiles({
  recipe,
  debs,
  step,
  store,
  temporaryFolder,
}: ContentsInput): Promise<readonly TreeNode[]> {
  if (recipe.files.length === 0) return [];
  const index = new FileIndex(
    await Promise.all(debs.map(async (deb) => ({ deb, members: await indexDeb(deb, step, store) }))),
  );
  const chosen = withLibraries(chooseFiles(recipe.files, index), index);
  step.detail('copying files');
  const contents = await readContents(chosen, temporaryFolder);
  return [...foldersOf(chosen, index), ...chosen.map((file) => nodeOf(file, chosen, contents))];
}

/** The folders that chosen files lie in have their packages' permissions: `/root` is not for everybody. */
function foldersOf(chosen: readonly ChosenFile[], index: FileIndex): readonly TreeNode[] {
  const paths = new Set(chosen.flatMap(({ path: name }) => parentsOf(name)));
  return [...paths].flatMap((folder) => {
    const member = index.at(folder)?.member;
    if (member?.type !== 'directory') return [];
    return [{ path: folder, type: member.type, mode: member.mode, uid: member.uid, gid: member.gid }];
  });
}

function parentsOf(name: string): readonly string[] {
  const parts = name.split('/');
  return parts.slice(1).map((_, depth) => parts.slice(0, depth + 1).join('/'));
}

function nodeOf(file: ChosenFile, all: readonly ChosenFile[], contents: ReadonlyMap<string, TreeContent>): TreeNode {
  const { path: name, deb, member } = file;
  const { type, mode, uid, gid, link } = member;
  const node = { path: name, mode, uid, gid };
  if (type === 'directory') return { ...node, type };
  if (type === 'symlink') return { ...node, type, link: link ?? '' };
  if (type === 'hardlink') {
    const first = all.find((each) => each.deb === deb && each.member.type === 'file' && each.member.path === link);
    if (first) return { ...node, type, link: first.path };
  }
  const content = contents.get(contentKey(file));
  return { ...node, type: 'file', ...(content && { content }) };
}

/** Which bytes a chosen file has: those of the file itself, or of the one that the hard link names. */
function contentKey({ deb, member }: ChosenFile): string {
  return `${deb.package.sha256} ${member.type === 'hardlink' ? (member.link ?? '') : member.path}`;
}

/** Copies the contents of chosen files out of their packages, reading each package once. */
async function readContents(
  chosen: readonly ChosenFile[],
  temporaryFolder: string,
): Promise<ReadonlyMap<string, TreeContent>> {
  const contents = new Map<string, TreeContent>();
  const wanted = new Set(chosen.map(contentKey));
  for (const deb of new Set(chosen.map((file) => file.deb))) {
    await readDeb(deb.file, async (member, content) => {
      const key = contentKey({ path: '', deb, member });
      if (member.type !== 'file' || !wanted.has(key)) return;
      const file = path.join(temporaryFolder, `content-${contents.size}`);
      contents.set(key, fileContent(file, member.size));
      await writeHostFile(file, content);
    });
  }
  return contents;
}

/**
 * What is in the image, where scanners look for it in images without a package manager: a package's control file in
 * `/var/lib/dpkg/status.d`.
 */
async function statusRecord(deb: StoredDeb): Promise<TreeNode> {
  const { stdout } = await runTool('dpkg-deb', ['--field', deb.file]);
  const { name } = deb.package;
  const content = bytesContent(Buffer.from(`${stdout.trimEnd()}\n`));
  return { path: `var/lib/dpkg/status.d/${name}`, type: 'file', mode: 0o644, ...root, content };
}
