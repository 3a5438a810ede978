import type { Plan } from '../plan/index.ts';
import { flatInitrd, packFlatSystem } from './flat.ts';
import { packedInitrd } from './initrd.ts';
import type { Part } from './parts.ts';
import type { SquashContext } from './squash.ts';
import { packSystem } from './system.ts';

/**
 * The initrd of a plan, for any format that carries one: its parts, in order. All that takes time is done when this
 * returns, and kept in the store; what is left is copying.
 *
 * @throws {OutputError} `no-packed-init`, `no-init`, `conflicting-trees`
 * @throws {KernelError} `no-ucode`, `bad-ucode`
 */
export async function initrdOf(plan: Plan, context: SquashContext): Promise<readonly Part[]> {
  switch (plan.layout) {
    case 'packed':
      return packedInitrd(await packSystem(plan, context));
    case 'flat':
      return flatInitrd(await packFlatSystem(plan, context));
  }
}
