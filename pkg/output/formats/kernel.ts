import { copyFile, writeFile } from 'node:fs/promises';
import { writeTar } from '../../archive/index.ts';
import { packTogether } from '../context.ts';
import { kernelOf } from '../kernel-initrd.ts';
import { each, file, hostFile } from '../members.ts';
import type { Parts } from './parts.ts';
import type { Product, Writer } from './product.ts';

/** `NAME-kernel` and `NAME-cmdline`, which every format with a separate kernel writes: the same for each of them. */
export async function kernelProducts({ options, kernelPlan }: Parts): Promise<readonly Product[]> {
  return [
    { suffix: '-kernel', copyOf: await packTogether(options, (packing) => kernelOf(kernelPlan, packing)) },
    { suffix: '-cmdline', write: (target) => writeFile(target, kernelPlan.cmdline) },
  ];
}

export const tarKernelInitrd: Writer = ({ parts }) => [
  {
    suffix: '-initrd.tar',
    async *stream() {
      const { kernel, initrd, kernelPlan } = parts;
      const members = [
        hostFile('kernel', 0o644, await kernel()),
        hostFile('initrd.img', 0o644, await initrd()),
        file('cmdline', 0o644, Buffer.from(kernelPlan.cmdline)),
      ];
      yield* writeTar(each(members));
    },
  },
];

export const uki: Writer = ({ parts }) => [
  {
    suffix: '.efi',
    async write(target) {
      await copyFile((await parts.uki()).file, target);
    },
  },
];
