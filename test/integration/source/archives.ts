import { sha256 } from '../../../pkg/image/index.ts';
import { type RawEntry, rawTar } from '../../unit/archive/raw-tar.ts';

/** Two layers: the second changes the first. */
export const layers: readonly Buffer[] = [
  rawTar([
    { name: './', type: '5', mode: 0o755, mtime: 77 },
    { name: 'bin/', type: '5', mode: 0o755, mtime: 1000 },
    { name: 'bin/tool', data: 'a tool', mode: 0o4755, mtime: 1001 },
    { name: 'bin/other', type: '1', link: 'bin/tool' },
    { name: 'etc/', type: '5', mode: 0o755, mtime: 1000 },
    { name: 'etc/secret', data: 'x', mode: 0o600, uid: 7, gid: 8, mtime: 1002 },
    { name: 'caf\xe9', data: 'not UTF-8', mtime: 1003 },
  ]),
  rawTar([
    { name: 'etc/', type: '5', mode: 0o700, mtime: 2000 },
    { name: 'etc/.wh.secret', data: '' },
    { name: 'etc/link', type: '2', link: '../bin/tool', mode: 0o777, mtime: 2001 },
  ]),
];

export function configOf(diffs: readonly Buffer[] = layers, architecture = 'amd64'): Buffer {
  const rootfs = { type: 'layers', diff_ids: diffs.map((layer) => sha256(layer)) };
  return json({ architecture, os: 'linux', config: { Cmd: ['/bin/tool'] }, rootfs });
}

export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

export const hex = (bytes: Buffer): string => sha256(bytes).slice('sha256:'.length);

/** An archive of files. Its order is as bad as can be: what describes the rest comes last. */
export function archiveOf(files: Readonly<Record<string, Buffer | string>>, more: readonly RawEntry[] = []): Buffer {
  return rawTar([...more, ...Object.entries(files).map(([name, data]) => ({ name, data }))]);
}

/** As `docker save` of Docker 1.10 to 24 writes it, with a layer that is a link to another archive member. */
export function folderArchive(tags: readonly string[] | null = ['demo:1']): Buffer {
  const config = configOf([...layers, layers[0]!]);
  const ids = ['a'.repeat(64), 'b'.repeat(64), 'c'.repeat(64)];
  const manifest = [{ Config: `${hex(config)}.json`, RepoTags: tags, Layers: ids.map((id) => `${id}/layer.tar`) }];
  return archiveOf(
    {
      [`${ids[0]}/VERSION`]: '1.0',
      [`${ids[0]}/json`]: '{}',
      [`${ids[0]}/layer.tar`]: layers[0]!,
      [`${ids[1]}/layer.tar`]: layers[1]!,
      [`${hex(config)}.json`]: config,
      'manifest.json': json(manifest),
      repositories: json({ demo: { 1: ids[1] } }),
    },
    [{ name: `${ids[2]}/layer.tar`, type: '2', link: `../${ids[0]}/layer.tar` }],
  );
}

/** As Docker wrote it before 1.10: nothing but layers, each with the name of its parent. */
export function oldestArchive(): Buffer {
  const [base, top] = ['a'.repeat(64), 'b'.repeat(64)];
  const layer = (id: string, parent: object): Buffer =>
    json({ id, ...parent, os: 'linux', architecture: 'amd64', config: { Cmd: ['/bin/tool'] } });
  return archiveOf({
    repositories: json({ demo: { 1: top } }),
    [`${top}/json`]: layer(top, { parent: base }),
    [`${top}/layer.tar`]: layers[1]!,
    [`${base}/json`]: layer(base, {}),
    [`${base}/layer.tar`]: layers[0]!,
  });
}

/** As Docker 25 and later write it: an image layout that has Docker's own `manifest.json` as well. */
export function layoutArchive(names: readonly string[] = ['demo:1']): Buffer {
  const config = configOf();
  const blob = (bytes: Buffer): string => `blobs/sha256/${hex(bytes)}`;
  const describe = (bytes: Buffer, mediaType: string): object => ({
    mediaType,
    digest: sha256(bytes),
    size: bytes.length,
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: describe(config, 'application/vnd.oci.image.config.v1+json'),
    layers: layers.map((layer) => describe(layer, 'application/vnd.oci.image.layer.v1.tar')),
  });
  const named = names.map((name) => ({
    ...describe(manifest, 'application/vnd.oci.image.manifest.v1+json'),
    annotations: {
      'io.containerd.image.name': `docker.io/library/${name}`,
      'org.opencontainers.image.ref.name': name.split(':')[1],
    },
  }));
  return archiveOf({
    ...Object.fromEntries([...layers, config, manifest].map((bytes) => [blob(bytes), bytes])),
    'index.json': json({ schemaVersion: 2, manifests: named }),
    'manifest.json': json(
      names.map((name) => ({ Config: blob(config), RepoTags: [name], Layers: layers.map((layer) => blob(layer)) })),
    ),
    'oci-layout': json({ imageLayoutVersion: '1.0.0' }),
  });
}
