import { findTool, isExecutable, requireTool } from '../../host/index.ts';
import { badInput, MachineError } from '../error.ts';
import type { Arch } from '../types.ts';
import { programs } from './hardware.ts';

/**
 * The path of QEMU.
 *
 * @param named a path, or a name to look for in PATH; without one, the host's own for that architecture
 * @throws {MachineError} `no-program`
 * @throws {HostError} `missing-tool`
 */
export async function findQemu(arch: Arch, named: string | undefined): Promise<string> {
  if (named === undefined) return await requireTool(programs[arch]);
  return await findNamed(named, `Example: -qemu /opt/qemu/bin/${programs[arch]}`);
}

/** Where distributions keep it, which is seldom in PATH. */
const virtiofsdFiles = ['/usr/libexec/virtiofsd', '/usr/lib/qemu/virtiofsd', '/usr/local/lib/qemu/virtiofsd'];

/**
 * The path of virtiofsd, named as QEMU is.
 *
 * @throws {MachineError} `no-program`
 */
export async function findVirtiofsd(named: string | undefined): Promise<string> {
  if (named !== undefined) return await findNamed(named, 'Example: -virtiofsd /usr/libexec/virtiofsd');
  for (const file of virtiofsdFiles) if (await isExecutable(file)) return file;
  const found = await findTool('virtiofsd');
  if (found !== undefined) return found;
  throw new MachineError('no-program', 'this host has no virtiofsd', {
    hint: 'Install it (Debian 12: qemu-system-common, later: virtiofsd), or share the folder with --share DIR.',
  });
}

async function findNamed(named: string, example: string): Promise<string> {
  const file = named.includes('/') ? named : await findTool(named);
  if (file !== undefined && (await isExecutable(file))) return file;
  throw badInput('no-program', `there is no program ${named}`, example);
}
