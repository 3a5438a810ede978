import assert from 'node:assert/strict';
import { type MachineSpec, planVfkit, type VfkitFacts } from '../../../pkg/machine/index.ts';
import { demoMachine, valuesOf as values } from '../../support/demo-machine.ts';

const { mac } = demoMachine.identity;
const boot = {
  kind: 'kernel',
  kernel: '/i/demo-kernel',
  initrd: '/i/demo-initrd.img',
  cmdline: 'console=ttyAMA0',
} as const;
const machine: MachineSpec = { ...demoMachine, arch: 'aarch64', boot };
const facts: VfkitFacts = {
  program: '/bin/vfkit',
  vsockPorts: [],
  stateFolder: '/s',
  socketFolder: '/s',
  consoleLog: '/s/console.log',
};

const args = (changes: Partial<MachineSpec> = {}, otherFacts: Partial<VfkitFacts> = {}): readonly string[] =>
  planVfkit({ ...machine, ...changes }, { ...facts, ...otherFacts }).args;

describe('machine: the vfkit command line', () => {
  it('boots kernel and initrd, with the console on a virtio device, a network and random numbers', () => {
    assert.deepEqual(args(), [
      ...['--cpus', '1', '--memory', '1024'],
      ...[
        '--bootloader',
        'linux,kernel=/i/demo-kernel,initrd=/i/demo-initrd.img,cmdline="console=ttyAMA0 console=hvc0"',
      ],
      ...['--device', 'virtio-rng', '--device', 'virtio-serial,pty', '--device', `virtio-net,nat,mac=${mac}`],
      ...['--restful-uri', 'unix:///s/vfkit.sock'],
    ]);
  });

  it('names the console last, once', () => {
    const [bootloader] = values(
      args({ boot: { ...boot, cmdline: 'console=hvc0 a,b  console=ttyAMA0' } }),
      '--bootloader',
    );
    assert.ok(bootloader?.endsWith(',cmdline="a,b console=ttyAMA0 console=hvc0"'));
  });

  it('boots disk and ISO images through UEFI, of macOS alone', () => {
    const iso = { kind: 'iso', file: '/i/demo.iso', format: 'raw' } as const;
    const words = args({ boot: iso });
    assert.deepEqual(values(words, '--bootloader'), ['efi,variable-store=/s/efi-variables,create']);
    assert.ok(words.includes('usb-mass-storage,path=/i/demo.iso,readonly'));
    assert.ok(args({ boot: { ...iso, kind: 'disk', file: '/i/d.raw' } }).includes('virtio-blk,path=/i/d.raw'));
    assert.throws(() => args({ boot: { ...iso, firmware: '/f' } }), { code: 'bad-options' });
  });

  it('gives it disks, shared folders and vsock ports, in order', () => {
    const disks = [{ path: '/d/a b.raw', format: 'raw' }] as const;
    const shares = ['a', 'b'].map((tag) => ({ folder: `/${tag}`, tag, readOnly: false }));
    assert.deepEqual(
      values(args({ disks, discs: ['/s/data.iso'], shares }, { vsockPorts: [5] }), '--device').slice(3),
      [
        'virtio-blk,path=/d/a b.raw',
        'usb-mass-storage,path=/s/data.iso,readonly',
        'virtio-fs,sharedDir=/a,mountTag=a',
        'virtio-fs,sharedDir=/b,mountTag=b',
        'virtio-vsock,port=5,socketURL=/s/vsock.5,connect',
      ],
    );
  });

  it('has no network card with no network', () => {
    assert.ok(!args({ network: { kind: 'none' } }).some((word) => word.startsWith('virtio-net')));
  });

  it('writes the control socket as the URL that vfkit reads', () => {
    const plan = planVfkit(machine, { ...facts, socketFolder: '/a b' });
    assert.deepEqual(values(plan.args, '--restful-uri'), ['unix:///a%20b/vfkit.sock']);
    assert.deepEqual(plan.sockets, { control: '/a b/vfkit.sock' });
  });

  it('refuses what vfkit cannot do', () => {
    const qcow2 = [{ path: '/d/a.qcow2', format: 'qcow2' }] as const;
    assert.throws(() => args({ disks: qcow2 }), { code: 'bad-disk', hint: /qemu-img convert -O raw/ });
    const publish = [{ address: '', host: 8080, guest: 80, protocol: 'tcp' }] as const;
    assert.throws(() => args({ network: { kind: 'user', publish } }), { code: 'bad-port', hint: /dhcpd_leases/ });
    assert.throws(() => args({ network: { kind: 'bridge', name: 'br0' } }), { code: 'bad-network' });
    const share = { folder: '/a,b', tag: 'a', readOnly: false };
    assert.throws(() => args({ shares: [share] }), { code: 'bad-path' });
    assert.throws(() => args({ shares: [{ ...share, readOnly: true }] }), { code: 'bad-share' });
    assert.throws(() => args({ boot: { ...boot, cmdline: 'a="b c" d=e,f' } }), { code: 'bad-options' });
    assert.match(
      values(args({ boot: { ...boot, cmdline: 'a="b c"' } }), '--bootloader')[0] ?? '',
      /cmdline="a="b c" console=hvc0"$/,
    );
  });
});
