import assert from 'node:assert/strict';
import { type MachineSpec, planQemu, type QemuFacts } from '../../../pkg/machine/index.ts';
import { emulation } from '../../../pkg/machine/qemu/index.ts';

const machine: MachineSpec = {
  name: 'demo',
  arch: 'x86_64',
  memoryMiB: 1024,
  cpus: 1,
  boot: { kind: 'kernel', kernel: '/i/demo-kernel', initrd: '/i/demo-initrd.img', cmdline: 'console=ttyS0 quiet' },
  disks: [],
  network: { kind: 'user', publish: [] },
  identity: { uuid: '11111111-2222-3333-4444-555555555555', mac: '52:54:00:aa:bb:cc' },
};
const facts: QemuFacts = {
  program: '/usr/bin/qemu-system-x86_64',
  arch: 'x86_64',
  accelerator: emulation,
  confirmed: true,
  sockets: { console: '/s/console.sock', control: '/s/qmp.sock', agents: ['/s/agent0.sock', '/s/agent1.sock'] },
  consoleLog: '/s/console.log',
  programLog: '/s/qemu.log',
  extraArgs: [],
  devices: [],
};
const kvm = { name: 'kvm', arguments: ['kvm'], chosen: true } as const;

function args(changes: Partial<MachineSpec> = {}, otherFacts: Partial<QemuFacts> = {}): readonly string[] {
  return planQemu({ ...machine, ...changes }, { ...facts, ...otherFacts }).args;
}

/** All values that a flag is given. */
function values(words: readonly string[], flag: string): readonly string[] {
  return words.flatMap((word, index) => (word === flag ? [words[index + 1] ?? ''] : []));
}

describe('machine: the QEMU command line', () => {
  it('is a q35 with one processor, a gigabyte, kernel, initrd and command line', () => {
    const words = args();
    assert.deepEqual(values(words, '-machine'), ['q35']);
    assert.deepEqual(values(words, '-smp'), ['1']);
    assert.deepEqual(values(words, '-m'), ['1024M']);
    assert.deepEqual(values(words, '-kernel'), ['/i/demo-kernel']);
    assert.deepEqual(values(words, '-initrd'), ['/i/demo-initrd.img']);
    assert.deepEqual(values(words, '-append'), ['console=ttyS0 quiet']);
    assert.ok(words.includes('-no-reboot'));
  });

  it('keeps uuid and MAC address', () => {
    assert.deepEqual(values(args(), '-uuid'), [machine.identity.uuid]);
    assert.ok(values(args(), '-device').includes('virtio-net-pci,netdev=net0,mac=52:54:00:aa:bb:cc,romfile='));
  });

  it('is spared what is slow to emulate, and nothing that programs are compiled for', () => {
    assert.deepEqual(values(args(), '-cpu'), ['max,erms=off,smap=off']);
  });

  it('is a virt with GICv3 and cortex-a72 on aarch64, and a virt on riscv64', () => {
    assert.deepEqual(values(args({ arch: 'aarch64' }), '-machine'), ['virt,gic-version=3']);
    assert.deepEqual(values(args({ arch: 'aarch64' }), '-cpu'), ['cortex-a72']);
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
    assert.deepEqual(values(iso, '-bios'), ['/fw']);
    assert.ok(values(iso, '-drive')[0]?.includes('media=cdrom,readonly=on'));
    const disk = args({ boot: { kind: 'disk', file: '/i/a.qcow2', format: 'qcow2' } });
    assert.deepEqual(values(disk, '-bios'), []);
    assert.ok(values(disk, '-drive')[0]?.includes('file=/i/a.qcow2,format=qcow2'));
    assert.ok(!disk.includes('-kernel'));
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
