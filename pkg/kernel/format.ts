/**
 * Which kernel to boot of an image that has it in two forms, as those for x86 may: the ELF `vmlinux`, which QEMU loads,
 * or the bzImage, which every hypervisor does.
 */
export const kernelFormats = ['elf', 'bzimage'] as const;
export type KernelFormat = (typeof kernelFormats)[number];
