import { badInput } from '../error.ts';

/**
 * LinuxKit's `-networking` of Virtualization.framework, as `parseNetwork` calls it: `vmnet` (also `default`), `none`.
 *
 * @throws {MachineError} `bad-network`
 */
export function parseVfkitNetwork(text: string): 'user' | 'none' {
  if (text === 'none') return 'none';
  if (text === 'vmnet' || text === 'default') return 'user';
  throw badInput('bad-network', `"${text}" is not a kind of network of vfkit`, 'One of: vmnet, none.');
}
