import { createHash } from 'node:crypto';
import { type Member, writeTar } from '../../archive/index.ts';
import { type Digest, type ImageConfig, type Manifest, mediaTypes, type StoredImage } from '../../image/index.ts';
import type { Store } from '../../store/index.ts';
import { imageLayout } from '../image-layout.ts';
import { directory, each, hostFile } from '../members.ts';
import { compress } from '../segment.ts';
import { sizedFile } from '../sized-file.ts';
import type { Job, Writer } from './product.ts';
import { convert } from './raw.ts';

/** KubeVirt's user guide, "containerDisk": the disk is the only file below /disk, and belongs to QEMU's user. */
const qemuUser = 107;

/**
 * A disk in an OCI image, as an OCI archive; the image is in the store as well, under the system's name, from where
 * `lkit cache push` sends it to a registry.
 */
export const ociDisk: Writer = (job) => [
  {
    suffix: '-disk.oci.tar',
    async *stream() {
      const { store, name } = job.parts.options;
      const image = await diskImage(job);
      const reference = `${referenceName(name)}-disk:latest`;
      await store.tag(reference, image.descriptor);
      yield* writeTar(each([...imageLayout(store, reference, [image])]));
    },
  },
];

/** A repository's name has small letters only (distribution-spec, "Pulling manifests"). */
function referenceName(name: string): string {
  return (
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '') || 'lkit'
  );
}

async function diskImage(job: Job): Promise<StoredImage> {
  const { plan, options } = job.parts;
  const { store } = options;
  const file = await convert(job, 'qcow2', await job.disks.machine());
  const layer = await writeLayer(store, [
    owned(directory('disk', 0o555)),
    owned(hostFile('disk/disk.qcow2', 0o440, await sizedFile(file))),
  ]);
  const config: ImageConfig = {
    architecture: plan.arch,
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
  };
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: await store.putJson(config, mediaTypes.config),
    layers: [{ mediaType: mediaTypes.layerGzip, digest: layer.digest, size: layer.size }],
  };
  const descriptor = await store.putJson(manifest, mediaTypes.manifest);
  return { descriptor: { ...descriptor, platform: { os: 'linux', architecture: plan.arch } }, manifest, config };
}

function owned({ entry, content }: Member): Member {
  return { entry: { ...entry, uid: qemuUser, gid: qemuUser }, content };
}

async function writeLayer(
  store: Store,
  members: readonly Member[],
): Promise<{ readonly digest: Digest; readonly size: number; readonly diffId: Digest }> {
  const hash = createHash('sha256');
  const hashed = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of writeTar(each(members))) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const blob = await store.writeBlob(compress(hashed(), 'gzip'));
  return { ...blob, diffId: `sha256:${hash.digest('hex')}` };
}
