import type { Architecture } from '../../pkg/image/index.ts';
import type { KernelFormat } from '../../pkg/kernel/format.ts';

/** The values of `--arch`: OCI's names, and the kernel's for the same. */
export const architectures = ['amd64', 'arm64', 'riscv64', 'x86_64', 'aarch64'] as const;

const ociNames: Readonly<Record<string, Architecture>> = {
  amd64: 'amd64',
  x86_64: 'amd64',
  x64: 'amd64',
  arm64: 'arm64',
  aarch64: 'arm64',
  riscv64: 'riscv64',
};

/** OCI's name of what the user typed, or of Node.js's `process.arch`. */
export function ociArchitecture(name: string): Architecture {
  return ociNames[name] ?? 'amd64';
}

export function hostArchitecture(): Architecture {
  return ociArchitecture(process.arch);
}

/** What starts fastest where the kernel is likely to be booted: hyperkit and vfkit on Intel Macs load no ELF file. */
export function kernelFormatFor({
  platform,
  arch,
}: {
  readonly platform: string;
  readonly arch: string;
}): KernelFormat {
  return platform === 'darwin' && arch === 'x64' ? 'bzimage' : 'elf';
}
