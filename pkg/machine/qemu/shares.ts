import path from 'node:path';
import type { HelperProgram, MachineSockets } from '../backend.ts';
import type { MachineSpec, Share } from '../types.ts';
import { escape } from './escape.ts';

export interface ShareFacts {
  /** The path of virtiofsd; `undefined` where folders are shared by 9p alone. */
  readonly virtiofsd: string | undefined;
  readonly sockets: Required<MachineSockets>;
  readonly programLog: string;
}

/**
 * 9p, which QEMU serves itself, without further rights, and virtiofs, under the same tag, where there is a daemon for it:
 * what the guest's kernel has drivers for is the guest's to know.
 */
export function shareArguments(machine: MachineSpec, facts: ShareFacts): readonly string[] {
  const { shares = [] } = machine;
  const anyVirtiofs = shares.some((share) => isVirtiofs(share, facts));
  return [
    // virtiofsd reads and writes the guest's memory.
    ...(anyVirtiofs ? ['-object', `memory-backend-memfd,id=memory,size=${machine.memoryMiB}M,share=on`] : []),
    ...(anyVirtiofs ? ['-machine', 'memory-backend=memory'] : []),
    ...shares.flatMap((share, index) => [
      ...(isVirtiofs(share, facts) ? virtiofsArguments(share, index, facts) : []),
      ...(mustBeVirtiofs(share) ? [] : ninePArguments(share, index)),
    ]),
  ];
}

function ninePArguments({ folder, tag, readOnly }: Share, index: number): readonly string[] {
  // `none`: the files that the guest makes belong to the user who runs QEMU, and it may try to give them away.
  const options = `security_model=none,multidevs=remap${readOnly ? ',readonly=on' : ''}`;
  return [
    ...['-fsdev', `local,id=share${index},path=${escape(folder)},${options}`],
    ...['-device', `virtio-9p-pci,fsdev=share${index},mount_tag=${tag}`],
  ];
}

function virtiofsArguments({ tag }: Share, index: number, facts: ShareFacts): readonly string[] {
  return [
    ...['-chardev', `socket,id=share${index},path=${escape(socketOf(index, facts))}`],
    ...['-device', `vhost-user-fs-pci,chardev=share${index},tag=${tag}`],
  ];
}

/** The virtiofsd of each share; it serves one machine and ends with it. */
export function virtiofsDaemons({ shares = [] }: MachineSpec, facts: ShareFacts): readonly HelperProgram[] {
  const { virtiofsd } = facts;
  if (virtiofsd === undefined) return [];
  return shares.flatMap((share, index) => {
    if (!isVirtiofs(share, facts)) return [];
    const socket = socketOf(index, facts);
    // Both know this: the virtiofsd that came with QEMU before version 8, and the one in Rust.
    const args = [`--socket-path=${socket}`, '-o', `source=${share.folder}`];
    const log = path.join(path.dirname(facts.programLog), `fs${index}.log`);
    return [{ program: virtiofsd, args, socket, log }];
  });
}

export function mustBeVirtiofs({ transport }: Share): boolean {
  return transport === 'virtiofs';
}

/** Not every virtiofsd can keep the guest from writing. */
export function mayBeVirtiofs({ readOnly }: Share): boolean {
  return !readOnly;
}

function isVirtiofs(share: Share, { virtiofsd }: ShareFacts): boolean {
  return mustBeVirtiofs(share) || (virtiofsd !== undefined && mayBeVirtiofs(share));
}

function socketOf(index: number, { sockets }: ShareFacts): string {
  return path.join(path.dirname(sockets.console), `fs${index}.sock`);
}
