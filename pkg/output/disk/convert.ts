import { open } from 'node:fs/promises';
import { runTool } from '../../host/index.ts';
import type { DiskIdentity } from './identity.ts';
import { fixVhd } from './vhd.ts';
import { fixVmdk } from './vmdk.ts';

export type ImageFormat = 'qcow2' | 'vhd' | 'dynamic-vhd' | 'vmdk';

const qemuFormats: Readonly<Record<ImageFormat, readonly string[]>> = {
  qcow2: ['qcow2'],
  vhd: ['vpc', '-o', 'subformat=fixed,force_size=on'],
  'dynamic-vhd': ['vpc', '-o', 'subformat=dynamic,force_size=on'],
  // What VMware's products import, and LinuxKit's choice.
  vmdk: ['vmdk', '-o', 'adapter_type=lsilogic,subformat=streamOptimized,compat6'],
};

/**
 * Converts a raw disk image with qemu-img, and takes out of the result what would be different the next time: the name
 * of the file, random numbers and the date.
 *
 * @param target a vmdk names itself within: give it a name that does not vary
 * @throws {HostError} `missing-tool`, `tool-failed`
 */
export async function convertImage(
  raw: string,
  target: string,
  format: ImageFormat,
  { identity, signal }: { readonly identity: DiskIdentity; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const [kind = '', ...options] = qemuFormats[format];
  await runTool('qemu-img', ['convert', '-q', '-f', 'raw', '-O', kind, ...options, raw, target], { signal });
  if (format === 'qcow2') return;
  const file = await open(target, 'r+');
  try {
    if (format === 'vmdk') await fixVmdk(file, identity);
    else await fixVhd(file, identity, format === 'dynamic-vhd');
  } finally {
    await file.close();
  }
}
