import type { LaunchPlan, MachineSockets } from '../backend.ts';
import type { Arch, Boot, MachineSpec } from '../types.ts';
import type { Accelerator } from './accelerator.ts';
import {
  bootMediumArguments,
  discArguments,
  diskArguments,
  displayArguments,
  networkArguments,
  portArguments,
} from './devices.ts';
import { processorArguments } from './hardware.ts';
import { escape } from './escape.ts';
import { type ShareFacts, shareArguments, virtiofsDaemons } from './shares.ts';

/** QEMU listens on all sockets, and waits with the guest until somebody is connected. */
export interface QemuPlan extends LaunchPlan {
  readonly sockets: Required<MachineSockets>;
}

/** What planning a QEMU command line takes besides the machine. */
export interface QemuFacts extends ShareFacts {
  /** The path of qemu-system-ARCH. */
  readonly program: string;
  readonly arch: Arch;
  /** The host's, as Node.js names it. */
  readonly platform: string;
  readonly accelerator: Accelerator;
  /** Whether a machine is known to have booted under this accelerator on this host. */
  readonly confirmed: boolean;
  readonly sockets: QemuPlan['sockets'];
  readonly consoleLog: string;
  readonly programLog: string;
  readonly pidFile: string;
  /** A window with a screen and a keyboard, beside the serial console. */
  readonly gui: boolean;
  /** A USB controller, for the user's devices. */
  readonly usb: boolean;
  /** The port on which QEMU waits for gdb, with the guest held back. */
  readonly gdbPort: number | undefined;
  /** The file that takes the exit code that the guest gives to its run, where one is wanted. */
  readonly exitCodeFile?: string | undefined;
  /** QEMU arguments of the user's own; later ones win in QEMU, so these come last. */
  readonly extraArgs: readonly string[];
  /** The user's `-device` values. */
  readonly devices: readonly string[];
}

/** The command line that runs `machine`. Pure: the same values always give the same words. */
export function planQemu(machine: MachineSpec, facts: QemuFacts): QemuPlan {
  const { sockets, consoleLog, programLog, accelerator } = facts;
  return {
    program: facts.program,
    args: [
      ...['-name', escape(machine.name), '-uuid', machine.identity.uuid, '-pidfile', facts.pidFile],
      ...processorArguments(machine.arch, accelerator),
      ...['-smp', String(machine.cpus), '-m', `${machine.memoryMiB}M`],
      // Nothing that was not asked for: no floppy, no VGA, and none of the user's own configuration files.
      ...['-no-user-config', '-nodefaults', ...displayArguments(machine.arch, facts)],
      // A guest that reboots, as after a kernel panic, would do so forever.
      '-no-reboot',
      ...bootArguments(machine, facts),
      ...machine.disks.flatMap(diskArguments),
      ...discArguments(machine),
      // Without it a guest waits minutes for the first random number.
      ...['-object', 'rng-random,id=rng0,filename=/dev/urandom', '-device', 'virtio-rng-pci,rng=rng0'],
      ...networkArguments(machine, facts.platform),
      ...shareArguments(machine, facts),
      // The guest starts (QMP's `cont`) when lkit listens: not one byte of the console, not one event is lost.
      '-S',
      ...[
        '-chardev',
        `socket,id=console,path=${escape(sockets.console)},server=on,wait=off,logfile=${escape(consoleLog)}`,
      ],
      ...['-serial', 'chardev:console'],
      ...['-chardev', `socket,id=control,path=${escape(sockets.control)},server=on,wait=off`],
      ...['-mon', 'chardev=control,mode=control'],
      ...portArguments(sockets.agents, facts.exitCodeFile),
      ...(facts.gdbPort === undefined ? [] : ['-gdb', `tcp:127.0.0.1:${facts.gdbPort}`]),
      ...(facts.usb ? ['-device', 'qemu-xhci,id=usb'] : []),
      ...facts.devices.flatMap((device) => ['-device', device]),
      ...facts.extraArgs,
    ],
    helpers: virtiofsDaemons(machine, facts),
    sockets,
    consoleLog,
    programLog,
    heldBack: facts.gdbPort !== undefined,
    trusted: !accelerator.chosen || accelerator.name === 'tcg' || facts.confirmed,
  };
}

function bootArguments({ boot, arch }: MachineSpec, facts: QemuFacts): readonly string[] {
  const firmware = boot.firmware === undefined ? [] : firmwareArguments(boot.firmware, arch);
  const medium =
    boot.kind === 'kernel' ? kernelArguments(boot, kernelWords(arch, facts)) : bootMediumArguments(boot, arch);
  return [...firmware, ...medium];
}

function firmwareArguments(file: string, arch: Arch): readonly string[] {
  // A PC's -bios refuses files like OVMF_CODE_4M.fd, whose size is no multiple of 64 KiB; a flash of arm64's `virt` takes
  // nothing but 64 MiB.
  if (arch !== 'x86_64') return ['-bios', file];
  return ['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${escape(file)}`];
}

/** A test that `cryptomgr.notests` leaves in, of 0.1 s under emulation. It is all that this does (crypto/kdf_sp800108.c). */
const noSelfTest = 'initcall_blacklist=crypto_kdf108_init';

/** What this machine adds to the kernel's command line. */
function kernelWords(arch: Arch, { accelerator, gui }: QemuFacts): readonly string[] {
  return [
    ...(gui ? ['console=tty0'] : []),
    // On a busy host an emulated timer ticks too seldom for the kernel's test of it, which ends in a panic: "IO-APIC +
    // timer doesn't work!" Under KVM the kernel leaves the test out by itself.
    ...(arch === 'x86_64' && accelerator.name === 'tcg' ? ['no_timer_check', noSelfTest] : []),
  ];
}

function kernelArguments(
  boot: Extract<Boot, { readonly kind: 'kernel' }>,
  words: readonly string[],
): readonly string[] {
  // In front: the last console is the one that /dev/console is, and the user's word the last one.
  const cmdline = [...words, boot.cmdline].join(' ').trim();
  const initrd = boot.initrd === undefined ? [] : ['-initrd', boot.initrd];
  return ['-kernel', boot.kernel, ...initrd, '-append', cmdline];
}
