import type { Plan } from '../plan/index.ts';
import { type PackContext, type PackingContext, packTogether } from './context.ts';
import { flatInitrd, packFlatSystem } from './flat.ts';
import { packedInitrd } from './initrd.ts';
import type { Part } from './parts.ts';
import { packSystem } from './system.ts';

/**
 * The initrd of a plan, for any format that carries one: its parts, in order. All that takes time is done when this
 * returns, and kept in the store; what is left is copying.
 *
 * @throws {OutputError} `no-packed-init`, `no-init`, `conflicting-trees`
 * @throws {KernelError} `no-ucode`, `bad-ucode`
 */
export function initrdOf(plan: Plan, context: PackContext | PackingContext): Promise<readonly Part[]> {
  return 'run' in context ? pack(plan, context) : packTogether(context, (packing) => pack(plan, packing));
}

async function pack(plan: Plan, context: PackingContext): Promise<readonly Part[]> {
  switch (plan.layout) {
    case 'packed':
      return packedInitrd(await packSystem(plan, context));
    case 'flat':
      return flatInitrd(await packFlatSystem(plan, context));
  }
}
