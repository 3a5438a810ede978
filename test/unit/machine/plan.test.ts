import assert from 'node:assert/strict';
import { type MachineSpec, planQemu, type QemuFacts } from '../../../pkg/machine/index.ts';
import { emulation } from '../../../pkg/machine/qemu/index.ts';
import { demoMachine as machine, valuesOf as values } from '../../support/demo-machine.ts';

const facts: QemuFacts = {
  program: '/usr/bin/qemu-system-x86_64',
  arch: 'x86_64',
  accelerator: emulation,
  confirmed: true,
  sockets: { console: '/s/console.sock', control: '/s/qmp.sock', agents: ['/s/agent0.sock', '/s/agent1.sock'] },
  consoleLog: '/s/console.log',
  programLog: '/s/qemu.log',
  pidFile: '/s/qemu.pid',
  platform: 'linux',
  virtiofsd: undefined,
  gui: false,
  usb: false,
  gdbPort: undefined,
  extraArgs: [],
  devices: [],
};
const emulated = 'no_timer_check initcall_blacklist=crypto_kdf108_init';
const kvm = { name: 'kvm', arguments: ['kvm'], chosen: true } as const;

function args(changes: Partial<MachineSpec> = {}, otherFacts: Partial<QemuFacts> = {}): readonly string[] {
  return planQemu({ ...machine, ...changes }, { ...facts, ...otherFacts }).args;
}

describe('machine: the QEMU command line', () => {
  it('is a q35 with one processor, a gigabyte, kernel, initrd and command line', () => {
    const words = args();
    assert.deepEqual(values(words, '-machine'), ['q35']);
    assert.deepEqual(values(words, '-smp'), ['1']);
    assert.deepEqual(values(words, '-m'), ['1024M']);
    assert.deepEqual(values(words, '-kernel'), ['/i/demo-kernel']);
    assert.deepEqual(values(words, '-initrd'), ['/i/demo-initrd.img']);
    assert.deepEqual(values(words, '-append'), [`${emulated} console=ttyS0 quiet`]);
    assert.ok(words.includes('-no-reboot'));
  });

  it('keeps uuid and MAC address', () => {
    assert.deepEqual(values(args(), '-uuid'), [machine.identity.uuid]);
    assert.ok(values(args(), '-device').includes('virtio-net-pci,netdev=net0,mac=52:54:00:aa:bb:cc,romfile='));
  });

  it('does not test its timer where that is emulated', () => {
    assert.deepEqual(values(args({}, { accelerator: kvm }), '-append'), ['console=ttyS0 quiet']);
    assert.deepEqual(values(args({ arch: 'aarch64' }), '-append'), ['console=ttyS0 quiet']);
  });

  it('is spared what is slow to emulate, and nothing that programs are compiled for', () => {
    assert.deepEqual(values(args(), '-cpu'), ['max,erms=off,smap=off']);
  });

  it('is a virt with GICv3 and cortex-a72 on aarch64, and a virt on riscv64', () => {
    assert.deepEqual(values(args({ arch: 'aarch64' }), '-machine'), ['virt,gic-version=3']);
    assert.deepEqual(values(args({ arch: 'aarch64' }), '-cpu'), ['cortex-a72']);
    assert.deepEqual(values(args({ arch: 'aarch64' }, { accelerator: kvm }), '-machine'), ['virt,gic-version=host']);
    assert.deepEqual(values(args({ arch: 'riscv64' }), '-machine'), ['virt']);
    assert.deepEqual(values(args({ arch: 'riscv64' }), '-cpu'), []);
  });

  it("passes the host's processor on under KVM", () => {
    const words = args({}, { accelerator: kvm });
    assert.deepEqual(values(words, '-accel'), ['kvm']);
    assert.deepEqual(values(words, '-cpu'), ['host']);
  });

  it("keeps the order of QEMU's own list of accelerators", () => {
    const accelerator = { name: 'custom', arguments: ['kvm', 'tcg,thread=single'], chosen: false } as const;
    assert.deepEqual(values(args({}, { accelerator }), '-accel'), ['kvm', 'tcg,thread=single']);
  });

  it('gives every disk a drive and a virtio device of its own', () => {
    const words = args({
      disks: [
        { path: '/d/a.qcow2', format: 'qcow2' },
        { path: '/d/b,c.raw', format: 'raw' },
      ],
    });
    assert.deepEqual(values(words, '-drive'), [
      'if=none,id=disk0,file=/d/a.qcow2,format=qcow2,discard=unmap',
      'if=none,id=disk1,file=/d/b,,c.raw,format=raw,discard=unmap',
    ]);
    assert.deepEqual(
      values(words, '-device').filter((device) => device.startsWith('virtio-blk')),
      ['virtio-blk-pci,drive=disk0', 'virtio-blk-pci,drive=disk1'],
    );
  });

  it('forwards published ports', () => {
    const publish = [
      { address: '', host: 8080, guest: 80, protocol: 'tcp' },
      { address: '127.0.0.1', host: 53, guest: 5353, protocol: 'udp' },
    ] as const;
    assert.deepEqual(values(args({ network: { kind: 'user', publish } }), '-netdev'), [
      'user,id=net0,hostfwd=tcp::8080-:80,hostfwd=udp:127.0.0.1:53-:5353',
    ]);
  });

  it('has no network device without a network, and takes tap and bridge', () => {
    const none = args({ network: { kind: 'none' } });
    assert.ok(!none.some((word) => word.includes('net0')));
    assert.deepEqual(values(args({ network: { kind: 'tap', name: 't0' } }), '-netdev'), [
      'tap,id=net0,ifname=t0,script=no,downscript=no',
    ]);
    assert.deepEqual(values(args({ network: { kind: 'bridge', name: 'br0' } }), '-netdev'), ['bridge,id=net0,br=br0']);
  });

  it('holds the guest back until the console is read, and logs it', () => {
    const consoleSocket = values(args(), '-chardev').find((value) => value.includes('id=console'));
    assert.equal(consoleSocket, 'socket,id=console,path=/s/console.sock,server=on,wait=off,logfile=/s/console.log');
    assert.ok(args().includes('-S'));
  });

  it('boots an ISO and a disk image through firmware', () => {
    const iso = args({ boot: { kind: 'iso', file: '/i/a.iso', format: 'raw', firmware: '/fw' } });
    assert.deepEqual(values(iso, '-drive'), [
      'if=pflash,unit=0,format=raw,readonly=on,file=/fw',
      'if=none,id=boot,file=/i/a.iso,format=raw,media=cdrom,readonly=on',
    ]);
    const disk = args({ boot: { kind: 'disk', file: '/i/a.qcow2', format: 'qcow2' } });
    assert.deepEqual(values(disk, '-drive'), ['if=none,id=boot,file=/i/a.qcow2,format=qcow2']);
    const vhd = args({ boot: { kind: 'disk', file: '/i/a.vhd', format: 'vhd' } });
    assert.deepEqual(values(vhd, '-drive'), ['if=none,id=boot,file=/i/a.vhd,format=vpc']);
    assert.ok(!disk.includes('-kernel'));
  });

  it('boots an ISO from SCSI on machines that have no IDE, where other discs join it', () => {
    const boot = { kind: 'iso', file: '/i/a.iso', format: 'raw', firmware: '/fw' } as const;
    const words = args({ arch: 'aarch64', boot, discs: ['/s/data.iso'] });
    assert.deepEqual(
      values(words, '-device').filter((device) => device.includes('scsi')),
      ['virtio-scsi-pci,id=scsi', 'scsi-cd,bus=scsi.0,drive=boot,bootindex=0', 'scsi-cd,bus=scsi.0,drive=disc0'],
    );
  });

  it('inserts discs into SCSI drives', () => {
    const words = args({ discs: ['/s/data.iso'] });
    assert.deepEqual(values(words, '-drive'), ['if=none,id=disc0,file=/s/data.iso,format=raw,media=cdrom,readonly=on']);
    assert.deepEqual(
      values(words, '-device').filter((device) => device.includes('scsi')),
      ['virtio-scsi-pci,id=scsi', 'scsi-cd,bus=scsi.0,drive=disc0'],
    );
  });

  it('boots a kernel without an initrd from a disk that stays as it is', () => {
    const words = args({
      boot: { kind: 'kernel', kernel: '/i/k', cmdline: 'root=/dev/vda' },
      disks: [{ path: '/i/squashfs.img', format: 'raw', readOnly: true }],
    });
    assert.ok(!words.includes('-initrd'));
    assert.deepEqual(values(words, '-drive'), ['if=none,id=disk0,file=/i/squashfs.img,format=raw,readonly=on']);
  });

  it('loads a kernel through firmware where that is asked for', () => {
    const words = args({ arch: 'aarch64', boot: { kind: 'kernel', kernel: '/i/k', cmdline: '', firmware: '/fw' } });
    assert.deepEqual([values(words, '-bios'), values(words, '-kernel')], [['/fw'], ['/i/k']]);
  });

  it('serves shares by 9p, read-only ones so that the guest cannot write', () => {
    const words = args({
      shares: [
        { folder: '/h/a,b', tag: 'code', readOnly: false },
        { folder: '/h/c', tag: 'data', readOnly: true },
      ],
    });
    assert.deepEqual(values(words, '-fsdev'), [
      'local,id=share0,path=/h/a,,b,security_model=none,multidevs=remap',
      'local,id=share1,path=/h/c,security_model=none,multidevs=remap,readonly=on',
    ]);
    assert.ok(values(words, '-device').includes('virtio-9p-pci,fsdev=share1,mount_tag=data'));
  });

  it('serves a share by virtiofs from a daemon that starts before it, over memory that both see', () => {
    const shares = [{ folder: '/h/a', tag: 'virtiofs0', readOnly: false, transport: 'virtiofs' }] as const;
    const { args: words, helpers } = planQemu({ ...machine, shares }, { ...facts, virtiofsd: '/v/virtiofsd' });
    assert.deepEqual(values(words, '-object')[1], 'memory-backend-memfd,id=memory,size=1024M,share=on');
    assert.deepEqual(values(words, '-machine'), ['q35', 'memory-backend=memory']);
    assert.ok(values(words, '-chardev').includes('socket,id=share0,path=/s/fs0.sock'));
    assert.ok(values(words, '-device').includes('vhost-user-fs-pci,chardev=share0,tag=virtiofs0'));
    assert.deepEqual(helpers, [
      {
        program: '/v/virtiofsd',
        args: ['--socket-path=/s/fs0.sock', '-o', 'source=/h/a'],
        socket: '/s/fs0.sock',
        log: '/s/fs0.log',
      },
    ]);
  });

  it('offers a share both ways where there is a virtiofsd, but a read-only one by 9p alone', () => {
    const shares = [
      { folder: '/h/a', tag: 'code', readOnly: false },
      { folder: '/h/b', tag: 'data', readOnly: true },
    ];
    const { args: words, helpers } = planQemu({ ...machine, shares }, { ...facts, virtiofsd: '/v/virtiofsd' });
    assert.deepEqual(
      values(words, '-device').filter((device) => /tag=(?:code|data)$/.test(device)),
      [
        'vhost-user-fs-pci,chardev=share0,tag=code',
        'virtio-9p-pci,fsdev=share0,mount_tag=code',
        'virtio-9p-pci,fsdev=share1,mount_tag=data',
      ],
    );
    assert.deepEqual(
      helpers?.map(({ socket }) => socket),
      ['/s/fs0.sock'],
    );
  });

  it('has no screen, or one in a window, which is a console too', () => {
    assert.deepEqual(values(args(), '-display'), ['none']);
    const pc = args({}, { gui: true });
    assert.deepEqual([values(pc, '-display'), values(pc, '-vga')], [['gtk'], ['std']]);
    assert.deepEqual(values(pc, '-append'), [`console=tty0 ${emulated} console=ttyS0 quiet`]);
    const virt = args({ arch: 'aarch64' }, { gui: true, platform: 'darwin' });
    assert.deepEqual([values(virt, '-display'), values(virt, '-vga')], [['cocoa'], []]);
    assert.ok(values(virt, '-device').includes('virtio-keyboard-pci'));
  });

  it('has a USB controller before the devices of the user', () => {
    const devices = values(args({}, { usb: true, devices: ['usb-tablet'] }), '-device').slice(-2);
    assert.deepEqual(devices, ['qemu-xhci,id=usb', 'usb-tablet']);
  });

  it('leaves the start to gdb, which nobody else can reach', () => {
    const plan = planQemu(machine, { ...facts, gdbPort: 1234 });
    assert.deepEqual([values(plan.args, '-gdb'), plan.heldBack], [['tcp:127.0.0.1:1234'], true]);
    assert.equal(planQemu(machine, facts).heldBack, false);
  });

  it("runs on a Mac with Apple's hypervisor and network", () => {
    const hvf = { name: 'hvf', arguments: ['hvf'], chosen: true } as const;
    const network = { kind: 'bridge', name: 'en0' } as const;
    const words = args({ arch: 'aarch64', network }, { accelerator: hvf, platform: 'darwin' });
    assert.deepEqual([values(words, '-accel'), values(words, '-cpu')], [['hvf'], ['host']]);
    assert.deepEqual(values(words, '-netdev'), ['vmnet-bridged,id=net0,ifname=en0']);
  });

  it('is this, word for word, on riscv64', () => {
    const expected = `
      -name demo -uuid 11111111-2222-3333-4444-555555555555 -pidfile /s/qemu.pid
      -machine virt -accel tcg -smp 1 -m 1024M -no-user-config -nodefaults -display none -no-reboot
      -kernel /i/demo-kernel -initrd /i/demo-initrd.img -append console=ttyS0
      -object rng-random,id=rng0,filename=/dev/urandom -device virtio-rng-pci,rng=rng0
      -netdev user,id=net0 -device virtio-net-pci,netdev=net0,mac=52:54:00:aa:bb:cc,romfile=
      -S -chardev socket,id=console,path=/s/console.sock,server=on,wait=off,logfile=/s/console.log
      -serial chardev:console -chardev socket,id=control,path=/s/qmp.sock,server=on,wait=off
      -mon chardev=control,mode=control -device virtio-serial-pci,max_ports=3
      -chardev socket,id=agent0,path=/s/agent0.sock,server=on,wait=off
      -device virtserialport,id=agent0,chardev=agent0,name=org.lkit.agent.0
      -chardev socket,id=agent1,path=/s/agent1.sock,server=on,wait=off
      -device virtserialport,id=agent1,chardev=agent1,name=org.lkit.agent.1`;
    const boot = { ...machine.boot, cmdline: 'console=ttyS0' } as MachineSpec['boot'];
    assert.deepEqual(args({ arch: 'riscv64', boot }), expected.trim().split(/\s+/));
  });

  it("puts the user's own arguments last, where they win", () => {
    const words = args({}, { extraArgs: ['-smp', '8'], devices: ['virtio-balloon'] });
    assert.deepEqual(words.slice(-4), ['-device', 'virtio-balloon', '-smp', '8']);
  });

  it('trusts what the user chose, what emulates and what booted before; not a mere probe', () => {
    const trusted = (accelerator: QemuFacts['accelerator'], confirmed: boolean): boolean =>
      planQemu(machine, { ...facts, accelerator, confirmed }).trusted;
    assert.equal(trusted(emulation, false), true);
    assert.equal(trusted(kvm, false), false);
    assert.equal(trusted(kvm, true), true);
    assert.equal(trusted({ ...kvm, chosen: false }, false), true);
  });
});
