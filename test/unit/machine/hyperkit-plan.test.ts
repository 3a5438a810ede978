import assert from 'node:assert/strict';
import {
  type HyperkitFacts,
  type MachineSpec,
  parseAddress,
  parseHyperkitNetwork,
  parseUuid,
  parseVsockPorts,
  planHyperkit,
} from '../../../pkg/machine/index.ts';
import { demoMachine as machine, valuesOf } from '../../support/demo-machine.ts';

const { uuid } = machine.identity;
const facts: HyperkitFacts = {
  program: '/bin/hyperkit',
  vpnkit: undefined,
  network: { kind: 'none' },
  address: undefined,
  vpnkitUuid: undefined,
  vsockPorts: [],
  diskDriver: 'virtio-blk',
  consoleInFile: false,
  stateFolder: '/s',
  socketFolder: '/s',
  consoleLog: '/s/console.log',
};

const plan = (changes: Partial<MachineSpec> = {}, otherFacts: Partial<HyperkitFacts> = {}) =>
  planHyperkit({ ...machine, ...changes }, { ...facts, ...otherFacts });
const slots = (...changes: Parameters<typeof plan>): readonly string[] => valuesOf(plan(...changes).args, '-s');

describe('machine: the hyperkit command line', () => {
  it("is LinuxKit's: pid file, bridge, LPC bus, vsock, random numbers, console, kexec", () => {
    const words =
      `-A -u -F /s/hyperkit.pid -c 1 -m 1024M -s 0:0,hostbridge -s 31,lpc -U ${uuid} ` +
      '-s 1:0,virtio-sock,guest_cid=3,path=/s -s 2:0,virtio-rnd -l com1,stdio -f';
    const kexec = 'kexec,/i/demo-kernel,/i/demo-initrd.img,earlyprintk=serial console=ttyS0 quiet';
    assert.deepEqual(plan().args, [...words.split(' '), kexec]);
    assert.equal(plan().program, '/bin/hyperkit');
    assert.deepEqual(plan().helpers, []);
  });

  it('starts a vpnkit, shares its port folder and lets the forwarder be reached', () => {
    const network = { kind: 'own-vpnkit', ethernet: '/s/e', ports: '/s/p' } as const;
    const { helpers } = plan({}, { network, vpnkit: '/bin/vpnkit' });
    const args = ['--ethernet', '/s/e', '--vsock-path', '/s/connect', '--port', '/s/p'];
    assert.deepEqual(helpers, [{ program: '/bin/vpnkit', args, socket: '/s/e', log: '/s/vpnkit.log' }]);
    assert.deepEqual(slots({}, { network, address: '192.168.65.9', vsockPorts: [5] }).slice(2), [
      `1:0,virtio-vpnkit,path=/s/e,uuid=${uuid},preferred_ipv4=192.168.65.9`,
      '2:0,virtio-sock,guest_cid=3,path=/s,guest_forwards=5;62373',
      '3:0,virtio-rnd',
      '4:0,virtio-9p,path=/s/p,tag=port',
    ]);
  });

  it("starts no vpnkit beside one that runs, and shares no port folder of Docker Desktop's", () => {
    const running = { kind: 'vpnkit', ethernet: '/v/e' } as const;
    assert.deepEqual(plan({}, { network: running }).helpers, []);
    assert.ok(!slots({}, { network: running }).some((slot) => slot.includes('virtio-9p')));
    const docker = { kind: 'docker-for-mac', ethernet: '/d/e', ports: '/d/p' } as const;
    assert.ok(!slots({}, { network: docker }).some((slot) => slot.includes('virtio-9p')));
    const vpnkitUuid = '99999999-2222-3333-4444-555555555555';
    const [, , card] = slots({}, { network: running, vpnkitUuid });
    assert.equal(card, `1:0,virtio-vpnkit,path=/v/e,uuid=${vpnkitUuid}`);
    assert.ok(slots({}, { network: { kind: 'vmnet' } }).includes('1:0,virtio-net'));
  });

  it('gives every disk a slot of its own, raw or qcow2, with the driver asked for', () => {
    const disks = [
      { path: '/d/a.raw', format: 'raw' },
      { path: '/d/b c.qcow2', format: 'qcow2' },
    ] as const;
    const config = 'qcow-config=discard=false;compact_after_unmaps=0;keep_erased=0;runtime_asserts=false';
    assert.deepEqual(slots({ disks }).slice(2, 4), [
      '1:0,virtio-blk,/d/a.raw',
      `2:0,virtio-blk,file:///d/b%20c.qcow2?sync=os&buffered=1,format=qcow,${config}`,
    ]);
    assert.equal(slots({ disks }, { diskDriver: 'ahci-hd' })[2], '1:0,ahci-hd,/d/a.raw');
  });

  it('boots a kernel from a read-only disk, which stays /dev/vda whatever the driver of the others', () => {
    const boot = { kind: 'kernel', kernel: '/i/k', cmdline: 'root=/dev/vda' } as const;
    const disks = [
      { path: '/i/squashfs.img', format: 'raw', readOnly: true },
      { path: '/d/a.raw', format: 'raw' },
    ] as const;
    const words = plan({ boot, disks }, { diskDriver: 'ahci-hd' }).args;
    assert.equal(words.at(-1), 'kexec,/i/k,,earlyprintk=serial root=/dev/vda');
    assert.deepEqual(slots({ boot, disks }, { diskDriver: 'ahci-hd' }).slice(2, 4), [
      '1:0,virtio-blk,/i/squashfs.img,ro',
      '2:0,ahci-hd,/d/a.raw',
    ]);
  });

  it('boots ISO and disk images through UEFI, and through nothing else', () => {
    const iso = { kind: 'iso', file: '/i/demo.iso', format: 'raw' } as const;
    const uefi = { ...iso, firmware: '/f/UEFI.fd' };
    const withDisc = slots({ boot: uefi, discs: ['/s/data.iso'] });
    assert.deepEqual(withDisc.slice(3, 5), ['2:0,ahci-cd,/i/demo.iso', '3:0,ahci-cd,/s/data.iso']);
    assert.equal(plan({ boot: uefi }).args.at(-1), 'bootrom,/f/UEFI.fd,,');
    const disk = { kind: 'disk', file: '/i/demo.raw', format: 'raw', firmware: '/f/UEFI.fd' } as const;
    assert.equal(slots({ boot: disk })[2], '1:0,virtio-blk,/i/demo.raw');
    assert.throws(() => plan({ boot: iso }), { code: 'bad-options', hint: /-uefi/ });
  });

  it('leaves the console to a pseudo-terminal and a ring of 64 KiB', () => {
    const { args, consoleInFile } = plan({}, { consoleInFile: true });
    assert.ok(args.includes('com1,autopty=/s/tty,log=/s/console-ring'));
    assert.equal(consoleInFile, true);
  });

  it('refuses a comma in a path, where hyperkit would see the next option', () => {
    const disks = [{ path: '/d/a,ro', format: 'raw' }] as const;
    assert.throws(() => plan({ disks }), { code: 'bad-path', message: /\/d\/a,ro/ });
    const boot = { ...machine.boot, kind: 'kernel', kernel: '/a,b', initrd: '/i', cmdline: '' } as const;
    assert.throws(() => plan({ boot }), { code: 'bad-path' });
    assert.throws(() => plan({}, { socketFolder: '/s,guest_forwards=1' }), { code: 'bad-path' });
  });

  it('refuses to share folders', () => {
    assert.throws(() => plan({ shares: [{ folder: '/a', tag: 'a', readOnly: false }] }), { code: 'bad-share' });
  });

  it('refuses more devices than there are slots', () => {
    const disks = Array.from({ length: 29 }, (_, index) => ({ path: `/d/${index}`, format: 'raw' as const }));
    assert.throws(() => plan({ disks }), { code: 'bad-options', message: /30 slots.*31/ });
    assert.ok(slots({ disks: disks.slice(1) }).includes('30:0,virtio-rnd'));
  });

  it('publishes ports where a vpnkit can, at an address that the forwarder knows', () => {
    const network = { kind: 'user', publish: [{ address: '', host: 8080, guest: 80, protocol: 'tcp' }] } as const;
    const own = { kind: 'own-vpnkit', ethernet: '/s/e', ports: '/s/p' } as const;
    const request = { socket: '/s/p', protocol: '9p', guest: '127.0.0.1', ports: network.publish };
    assert.deepEqual(plan({ network }, { network: own }).publish, request);
    const docker = { kind: 'docker-for-mac', ethernet: '/d/e', ports: '/d/p' } as const;
    const address = '192.168.65.9';
    assert.deepEqual(plan({ network }, { network: docker, address }).publish, {
      ...request,
      socket: '/d/p',
      protocol: 'http',
      guest: address,
    });
    assert.throws(() => plan({ network }, { network: docker }), { code: 'bad-port', hint: /-ip/ });
    assert.throws(() => plan({ network }, { network: { kind: 'vmnet' } }), { code: 'bad-port', hint: /vpnkit/ });
  });
});

describe("machine: hyperkit's flags", () => {
  for (const [text, network] of [
    ['none', { kind: 'none' }],
    ['vmnet', { kind: 'vmnet' }],
    ['default', { kind: 'docker-for-mac' }],
    ['docker-for-mac', { kind: 'docker-for-mac' }],
    ['vpnkit', { kind: 'own-vpnkit' }],
    ['vpnkit,e.sock', { kind: 'vpnkit', ethernet: '/here/e.sock', ports: undefined }],
    ['vpnkit,/e,p', { kind: 'vpnkit', ethernet: '/e', ports: '/here/p' }],
  ] as const) {
    it(`reads -networking ${text}`, () => {
      assert.deepEqual(parseHyperkitNetwork(text, '/here'), network);
    });
  }

  for (const text of ['', 'user', 'none,x', 'vmnet,en0', 'vpnkit,', 'vpnkit,e,', 'vpnkit,e,p,x', 'docker-for-mac,x']) {
    it(`refuses -networking "${text}"`, () => {
      assert.throws(() => parseHyperkitNetwork(text, '/here'), { code: 'bad-network', kind: 'input' });
    });
  }

  it('reads addresses, UUIDs and vsock ports', () => {
    assert.equal(parseUuid(uuid.toUpperCase()), uuid);
    assert.throws(() => parseUuid(`${uuid},path=/x`), { code: 'bad-network' });
    assert.equal(parseAddress('192.168.65.9'), '192.168.65.9');
    for (const text of ['', '1.2.3', '1.2.3.256', '::1', '1.2.3.4,x']) {
      assert.throws(() => parseAddress(text), { code: 'bad-network' });
    }
    assert.deepEqual(parseVsockPorts('1,4294967294'), [1, 4294967294]);
    for (const text of ['', '0', '4294967295', '1;2', '1,', 'x']) {
      assert.throws(() => parseVsockPorts(text), { code: 'bad-port' });
    }
  });
});
