import type { MachineSpec } from '../../pkg/machine/index.ts';

/** A machine that no file of this host belongs to. */
export const demoMachine: MachineSpec = {
  name: 'demo',
  arch: 'x86_64',
  memoryMiB: 1024,
  cpus: 1,
  boot: { kind: 'kernel', kernel: '/i/demo-kernel', initrd: '/i/demo-initrd.img', cmdline: 'console=ttyS0 quiet' },
  disks: [],
  network: { kind: 'user', publish: [] },
  identity: { uuid: '11111111-2222-3333-4444-555555555555', mac: '52:54:00:aa:bb:cc' },
};

/** All values that a flag is given on a command line. */
export function valuesOf(words: readonly string[], flag: string): readonly string[] {
  return words.flatMap((word, index) => (word === flag ? [words[index + 1] ?? ''] : []));
}
