import type { MountSpec } from '../spec/index.ts';
import type { EffectiveRuntime } from './keys.ts';
import type { OciMount } from './oci.ts';

/** LinuxKit's runtime.json: what its init does around a container. Every key is always there. */
export interface RuntimeFile {
  readonly cgroups: readonly string[];
  readonly mounts: readonly OciMount[];
  readonly mkdir: readonly string[];
  readonly interfaces: EffectiveRuntime['interfaces'];
  readonly bindNS: EffectiveRuntime['bindNS'];
  readonly namespace: string;
}

/** Where the parts of a bundle lie in the guest: absolute paths. */
export interface BundlePaths {
  readonly bundle: string;
  readonly rootfs: string;
  readonly tmp: string;
  /** The image's tree: in this bundle or in another one's. */
  readonly tree: string;
}

export function makeRuntime(runtime: EffectiveRuntime, paths: BundlePaths, readonly: boolean): RuntimeFile {
  return {
    cgroups: runtime.cgroups,
    mounts: [...(readonly ? readonlyRoot(paths) : writableRoot(paths)), ...runtime.mounts.map(toMount)],
    mkdir: runtime.mkdir,
    interfaces: runtime.interfaces.map(({ name, add, peer, createInRoot = false }) => ({
      ...(name !== undefined && { name }),
      ...(add !== undefined && { add }),
      ...(peer !== undefined && { peer }),
      createInRoot,
    })),
    bindNS: runtime.bindNS,
    namespace: runtime.namespace,
  };
}

function writableRoot({ rootfs, tmp, tree }: BundlePaths): readonly OciMount[] {
  return [
    { destination: tmp, type: 'tmpfs', source: 'tmpfs' },
    { destination: tmp, options: ['remount', 'private'] },
    { destination: rootfs, type: 'overlay', source: 'overlay', options: overlayOptions(tree, tmp) },
  ];
}

function readonlyRoot({ rootfs, tree }: BundlePaths): readonly OciMount[] {
  return [{ destination: rootfs, source: tree, options: ['bind'] }];
}

/** Options of overlayfs for a tree whose changes go to `tmp`. Neither path has a comma or a colon: names are checked. */
export function overlayOptions(tree: string, tmp: string): readonly string[] {
  return [`lowerdir=${tree}`, `upperdir=${tmp}/upper`, `workdir=${tmp}/work`];
}

function toMount({ destination, type, source, options }: MountSpec): OciMount {
  return {
    destination,
    ...(type !== undefined && { type }),
    ...(source !== undefined && { source }),
    ...(options !== undefined && { options }),
  };
}
