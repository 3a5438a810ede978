import { MachineError } from './error.ts';
import { readHead } from './file-head.ts';
import type { MachineSpec } from './types.ts';

/** Kernels that hypervisors other than QEMU load: a `bzImage` of x86, arm64's uncompressed `Image`. */
export type KernelFormat = 'bzImage' | 'Image';

/**
 * Makes sure that a machine that boots a kernel has one of that format.
 *
 * @throws {MachineError} `wrong-kernel`
 */
export async function requireKernelFormat(
  { name, boot }: MachineSpec,
  hypervisor: string,
  format: KernelFormat,
): Promise<void> {
  if (boot.kind !== 'kernel' || isOfFormat(await readHead(boot.kernel), format)) return;
  const qemu = `run it under QEMU: lkit run qemu ${name}`;
  throw new MachineError('wrong-kernel', `${hypervisor} boots ${descriptions[format]}, which ${boot.kernel} is not`, {
    kind: 'input',
    hint:
      format === 'bzImage'
        ? `Build it for that: lkit build --kernel-format bzimage ${name}.yml; or ${qemu}`
        : `Decompress it, if it is compressed; or ${qemu}`,
  });
}

const descriptions: Readonly<Record<KernelFormat, string>> = {
  bzImage: 'a bzImage',
  Image: 'an uncompressed arm64 Image',
};

function isOfFormat(head: Buffer, format: KernelFormat): boolean {
  const at = (offset: number, text: string): boolean => head.toString('latin1', offset, offset + text.length) === text;
  // Documentation/arch/arm64/booting.rst
  if (format === 'Image') return at(0x38, 'ARM\x64');
  // Documentation/arch/x86/boot.rst; boot protocol 2.10 is what hyperkit's kexec asks for.
  return head.length >= 0x208 && at(0x202, 'HdrS') && head.readUInt16LE(0x206) >= 0x20a;
}
