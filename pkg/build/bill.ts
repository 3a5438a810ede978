import { createHash } from 'node:crypto';
import { readHostFile } from '../archive/index.ts';
import { type Digest, type ImageReference, parseReference, type StoredImage } from '../image/index.ts';
import { extractKernel, extractKernelBinary } from '../kernel/index.ts';
import { lockName } from '../lock/index.ts';
import { bootFilesOf, type Format, hostSource, type OutputOptions, systemParts } from '../output/index.ts';
import type { Plan, PlannedFile } from '../plan/index.ts';
import { type MadeFile, printSpdx, spdxDocument, type SystemImage } from '../sbom/index.ts';
import { sourceOf } from '../source/index.ts';
import type { NamedImage, Spec } from '../spec/index.ts';
import { concurrently } from './concurrently.ts';
import { imageContents } from './image-contents.ts';
import type { ResolvedImage } from './resolve.ts';
import { imageUsers } from './users.ts';

export interface BillOptions extends OutputOptions {
  readonly spec: Spec;
  /** What the system is written as. */
  readonly formats: readonly Format[];
  /** Who writes it: `lkit-1.2.3`. */
  readonly tool: string;
  /** The folder that paths are written relative to: that of the first YAML file. */
  readonly root: string;
  /** Seconds since 1970. */
  readonly created: number;
}

/** The bill of materials of a system, as the text of an SPDX document. */
export async function billOfMaterials(
  plan: Plan,
  images: readonly ResolvedImage[],
  options: BillOptions,
): Promise<string> {
  const { name, tool, created } = options;
  const contents = {
    ...{ name, tool, created, architecture: plan.arch },
    images: await systemImages(images, options),
    files: [...(await madeFiles(plan, options)), ...(await writtenFiles(plan.files))],
  };
  return printSpdx(spdxDocument(contents));
}

/** Each image once, whatever it is called. */
async function systemImages(
  resolved: readonly ResolvedImage[],
  { spec, root, store }: BillOptions,
): Promise<readonly SystemImage[]> {
  const users = imageUsers(spec);
  const groups = new Map<Digest, ResolvedImage[]>();
  for (const each of resolved) {
    const { digest } = each.stored.descriptor;
    groups.set(digest, [...(groups.get(digest) ?? []), each]);
  }
  return await concurrently([...groups], 2, async ([digest, same]) => {
    const { stored, arch } = same[0] as ResolvedImage;
    return {
      names: unique(same.map(({ image }) => lockName(image, root))),
      references: same.flatMap(({ image }) => referenceOf(image)),
      digest,
      architecture: arch,
      usedBy: unique(same.flatMap(({ image }) => users(image))),
      contents: await imageContents(store, stored),
    };
  });
}

function referenceOf({ text, build }: NamedImage): readonly ImageReference[] {
  const source = sourceOf(text);
  return build === undefined && source.kind === 'registry' ? [parseReference(source.reference)] : [];
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}

/** What is made of images, but is none: of what starts the system, that which the formats hold. */
async function madeFiles(plan: Plan, options: BillOptions): Promise<readonly MadeFile[]> {
  const { kernel } = plan;
  const held = options.formats.map((format) => bootFilesOf(format, options.name));
  const made = held.some(({ initrd }) => initrd) ? [...(await stage0Files(plan, options))] : [];
  if (kernel === undefined) return made;
  const forms = new Map(held.map((each) => [each.kernel.path, each.kernel.form]));
  for (const [path, form] of forms) {
    const extract = form === 'direct' ? extractKernel : extractKernelBinary;
    const { path: binary } = await extract(options.store, kernel);
    made.push(await madeFile(path, readHostFile(binary), [kernel.image]));
  }
  for (const path of new Set(held.flatMap(({ cmdline }) => cmdline ?? []))) {
    made.push(await madeFile(path, [Buffer.from(kernel.cmdline)]));
  }
  return made;
}

async function stage0Files(plan: Plan, options: BillOptions): Promise<readonly MadeFile[]> {
  const made: MadeFile[] = [];
  for (const { kind, file, images } of plan.layout === 'packed' ? await systemParts(plan, options) : []) {
    if (kind === 'stage-0' && file !== undefined) made.push(await madeFile('stage0.cpio', readHostFile(file), images));
  }
  return made;
}

/** What lkit itself writes into the guest. */
async function writtenFiles(files: readonly PlannedFile[]): Promise<readonly MadeFile[]> {
  const made: MadeFile[] = [];
  for (const { path, content } of files) {
    if (content.kind === 'data') made.push(await madeFile(path, [Buffer.from(content.data)]));
    const source = content.kind === 'host' ? await hostSource(content) : undefined;
    if (source !== undefined) made.push(await madeFile(path, readHostFile(source.file)));
  }
  return made;
}

async function madeFile(
  path: string,
  content: Iterable<Buffer> | AsyncIterable<Buffer>,
  images: readonly StoredImage[] = [],
): Promise<MadeFile> {
  const [sha1, sha256] = [createHash('sha1'), createHash('sha256')];
  for await (const chunk of content) for (const hash of [sha1, sha256]) hash.update(chunk);
  const madeFrom = images.map(({ descriptor }) => descriptor.digest);
  return { path, sha1: sha1.digest('hex'), sha256: sha256.digest('hex'), madeFrom };
}
