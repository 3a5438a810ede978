/** Where an image comes from, read off its text alone: names are those of skopeo's transports, where it has them. */
export type Source =
  /** `pkg:getty`: a package that lkit ships. */
  | { readonly kind: 'shipped'; readonly name: string }
  /** `pkg:./dir`, `@pkg:./dir`: a package's folder. */
  | { readonly kind: 'folder'; readonly path: string }
  /** `./dir`: whatever is there. */
  | { readonly kind: 'path'; readonly path: string }
  /** `oci:dir:ref`, `oci-archive:file:ref`, `docker-archive:file:ref`. */
  | { readonly kind: LayoutKind; readonly path: string; readonly ref: string | undefined }
  /** `rootfs:dir`, `rootfs:file.tar`. */
  | { readonly kind: 'rootfs'; readonly path: string }
  /** `docker-daemon:name:tag`. */
  | { readonly kind: 'docker-daemon'; readonly reference: string }
  /** `alpine:3.20`, `docker://alpine:3.20`. */
  | { readonly kind: 'registry'; readonly reference: string };

export type LayoutKind = 'oci' | 'oci-archive' | 'docker-archive';

export type SourceKind = Source['kind'];

const layoutPrefix = /^(oci|oci-archive|docker-archive):(.*)$/s;

/** Takes the text of an image apart. Touches no disk. */
export function sourceOf(text: string): Source {
  const after = (prefix: string): string | undefined =>
    text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
  const folder = after('@pkg:');
  if (folder !== undefined) return { kind: 'folder', path: folder };
  const named = after('pkg:');
  if (named !== undefined) return isPath(named) ? { kind: 'folder', path: named } : { kind: 'shipped', name: named };
  const layout = layoutPrefix.exec(text);
  if (layout) return { kind: layout[1] as LayoutKind, ...splitRef(layout[2] ?? '') };
  const rootfs = after('rootfs:');
  if (rootfs !== undefined) return { kind: 'rootfs', path: rootfs };
  const daemon = after('docker-daemon:');
  if (daemon !== undefined) return { kind: 'docker-daemon', reference: daemon };
  if (isPath(text)) return { kind: 'path', path: text };
  return { kind: 'registry', reference: after('docker://') ?? text };
}

function isPath(text: string): boolean {
  return /^(\/|~\/|\.\.?(\/|$))/.test(text);
}

/** `dir:name:tag` → `dir` and `name:tag`, as skopeo splits it: at the first colon. */
function splitRef(text: string): { readonly path: string; readonly ref: string | undefined } {
  const colon = text.indexOf(':');
  if (colon < 0) return { path: text, ref: undefined };
  return { path: text.slice(0, colon), ref: text.slice(colon + 1) };
}
