import { readFile } from 'node:fs/promises';
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
  const found = await lookForVirtiofsd(named);
  if (found !== undefined) return found;
  throw new MachineError('no-program', 'this host has no virtiofsd', {
    hint: 'Install it (Debian 12: qemu-system-common, later: virtiofsd), or share the folder with --share DIR.',
  });
}

/** CAP_SYS_ADMIN, by its bit: capabilities(7), include/uapi/linux/capability.h */
const sysAdmin = 1n << 21n;

/**
 * The path of virtiofsd, where folders may be offered through it as well as through 9p; else `undefined`, and `tell` is
 * told why. It shuts itself up in namespaces of its own, and the one of QEMU 7 also writes a file below /run: that takes
 * root, with root's rights.
 *
 * @param named as for `findVirtiofsd`; `none` to do without it
 */
export async function spareVirtiofsd(
  named: string | undefined,
  tell: (reason: string) => void,
): Promise<string | undefined> {
  if (named === 'none') return undefined;
  const status = await readFile('/proc/self/status', 'latin1').catch(() => '');
  const [, effective = '0'] = /^CapEff:\s*([\da-f]+)$/m.exec(status) ?? [];
  if (process.geteuid?.() !== 0 || (BigInt(`0x${effective}`) & sysAdmin) === 0n) {
    tell('folders are shared by 9p: virtiofsd takes root with CAP_SYS_ADMIN');
    return undefined;
  }
  const found = await lookForVirtiofsd(named);
  if (found === undefined) tell('folders are shared by 9p: this host has no virtiofsd');
  return found;
}

async function lookForVirtiofsd(named: string | undefined): Promise<string | undefined> {
  if (named !== undefined) return await findNamed(named, 'Example: -virtiofsd /usr/libexec/virtiofsd');
  for (const file of virtiofsdFiles) if (await isExecutable(file)) return file;
  return await findTool('virtiofsd');
}

async function findNamed(named: string, example: string): Promise<string> {
  const file = named.includes('/') ? named : await findTool(named);
  if (file !== undefined && (await isExecutable(file))) return file;
  throw badInput('no-program', `there is no program ${named}`, example);
}
