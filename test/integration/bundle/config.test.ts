import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import type { RuntimeKeys } from '../../../pkg/spec/index.ts';
import { knownCapabilities } from '../../../pkg/spec/index.ts';
import { bundle } from '../../unit/bundle/support.ts';
import { type Guest, makeGuest, runtimes } from './support.ts';

/** What a container with these keys sees: a script's output, line by line. */
interface Case {
  readonly title: string;
  readonly keys: RuntimeKeys;
  readonly script: string;
  readonly sees: readonly string[];
  /** Run first, in the namespaces of the runtime. */
  readonly before?: string;
  /** Run last, likewise; what it prints counts. */
  readonly after?: string;
}

const flags = (destination: string): string =>
  `grep ' ${destination} ' /proc/mounts | cut -d ' ' -f 3,4 | tr ' ,' '\\n\\n'`;
const canWrite = (folder: string): string => `if touch ${folder}/x 2>/dev/null; then echo yes; else echo no; fi`;
const caps = 'grep -E "^Cap(Prm|Eff|Bnd|Amb)" /proc/self/status | tr "\\t" " "';

/** Of version 2 a container sees the whole hierarchy, of version 1 its own part of each. */
const ownGroup = "cd /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup) 2>/dev/null || cd /sys/fs/cgroup";

/** Some disk of this machine. */
const disk = ((): { readonly major: number; readonly minor: number } => {
  const [name = ''] = readdirSync('/sys/block');
  const [major = 0, minor = 0] = readFileSync(`/sys/block/${name}/dev`, 'utf8').split(':').map(Number);
  return { major, minor };
})();

const cases: readonly Case[] = [
  {
    title: 'no capabilities unless asked for',
    keys: {},
    script: caps,
    sees: [
      'CapPrm: 0000000000000000',
      'CapEff: 0000000000000000',
      'CapBnd: 0000000000000000',
      'CapAmb: 0000000000000000',
    ],
  },
  {
    title: 'the capabilities asked for',
    keys: { capabilities: ['CAP_NET_RAW', 'CAP_CHOWN'] },
    script: caps,
    sees: [
      'CapPrm: 0000000000002001',
      'CapEff: 0000000000002001',
      'CapBnd: 0000000000002001',
      'CapAmb: 0000000000000000',
    ],
  },
  {
    title: 'ambient capabilities, also for a user other than root',
    keys: { uid: 1000, ambient: ['CAP_NET_RAW'] },
    script: caps,
    sees: [
      'CapPrm: 0000000000002000',
      'CapEff: 0000000000002000',
      'CapBnd: 0000000000002000',
      'CapAmb: 0000000000002000',
    ],
  },
  {
    title: 'user and groups',
    keys: { uid: 1000, gid: 50, additionalGids: [5, 100] },
    script: 'id -u; id -g; id -G',
    sees: ['1000', '50', '50 5 100'],
  },
  {
    title: 'environment, working folder and arguments as they are',
    keys: { env: ['PATH=/bin', "QUOTE=it's $HOME"], cwd: '/etc' },
    script: 'echo "$QUOTE"; pwd',
    sees: ["it's $HOME", '/etc'],
  },
  {
    title: 'resource limits',
    keys: { rlimits: ['nofile,100,200', 'core,0,0', 'RLIMIT_CPU,unlimited,unlimited'] },
    script: 'ulimit -Sn; ulimit -Hn; ulimit -Hc; ulimit -Ht',
    sees: ['100', '200', '0', 'unlimited'],
  },
  { title: 'a host name', keys: { hostname: 'box', uts: 'new' }, script: 'hostname', sees: ['box'] },
  { title: 'a process namespace of its own', keys: {}, script: 'echo $$', sees: ['1'] },
  {
    title: "the host's other namespaces",
    keys: {},
    before: 'export NET=$(readlink /proc/self/ns/net) && ip link add lk0 type ifb',
    script: 'ls /sys/class/net | grep lk; grep -c . /proc/net/dev',
    sees: ['lk0', '4'],
  },
  {
    title: 'a network of its own',
    keys: { net: 'new' },
    before: 'ip link add lk0 type ifb',
    script: 'ip -o link | cut -d : -f 2 | tr -d " "',
    sees: ['lo'],
  },
  {
    title: 'sysctls of its namespaces',
    keys: { net: 'new', ipc: 'new', sysctl: { 'net.ipv4.ip_forward': '1', 'kernel.msgmax': '5000' } },
    script: 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax',
    sees: ['1', '5000'],
  },
  {
    title: 'the default mounts in order',
    keys: {},
    script: 'cut -d " " -f 2,3 /proc/mounts | grep -vE "^/sys/fs/cgroup/"',
    sees: ['/ overlay', '/dev tmpfs', '/dev/pts devpts', '/proc proc', '/sys sysfs', '/sys/fs/cgroup CGROUP'],
  },
  {
    title: 'a writable root',
    keys: {},
    script: `${canWrite('/')}; ${canWrite('/dev')}; ${flags('/sys')} | grep -xE "sysfs|rw|nosuid|noexec|nodev" | sort`,
    sees: ['yes', 'yes', 'nodev', 'noexec', 'nosuid', 'rw', 'sysfs'],
  },
  {
    title: 'a read-only root',
    keys: { readonly: true },
    script: `${canWrite('/')}; ${canWrite('/dev')}; ${flags('/sys')} | grep -xE "sysfs|ro"; ls -d /tmp`,
    sees: ['no', 'no', 'sysfs', 'ro', '/tmp'],
  },
  {
    title: 'a tmpfs with options',
    keys: { tmpfs: ['/scratch:size=64k,mode=0711'] },
    script: `${flags('/scratch')} | grep -xE "tmpfs|size=64k|mode=711"; stat -c %a /scratch`,
    sees: ['tmpfs', 'size=64k', 'mode=711', '711'],
  },
  {
    title: 'binds, writable and read-only',
    keys: { binds: ['/run/shared:/data', '/run/shared:/data2:ro'] },
    before: 'mkdir -p $ROOT/run/shared && echo hello >$ROOT/run/shared/f',
    script: `cat /data/f /data2/f; ${canWrite('/data')}; ${canWrite('/data2')}`,
    sees: ['hello', 'hello', 'yes', 'no'],
  },
  {
    title: 'mounts, a bind without the option too, and one in place of a default',
    keys: {
      mounts: [
        { destination: '/dev/shm', type: 'tmpfs', options: ['size=128k'] },
        { destination: '/data', type: 'bind', source: '/run/shared', options: ['ro'] },
        { destination: '/dev', type: 'tmpfs', options: ['nosuid', 'size=1m', 'mode=755'] },
      ],
    },
    before: 'mkdir -p $ROOT/run/shared && echo hello >$ROOT/run/shared/f',
    script: `${flags('/dev/shm')} | grep size; ${flags('/dev')} | grep size; cat /data/f; ${canWrite('/data')}; ls -d /dev/null`,
    sees: ['size=128k', 'size=1024k', 'hello', 'no', '/dev/null'],
  },
  {
    title: 'masked and read-only paths',
    keys: { maskedPaths: ['/etc/image', '/data', '/not/there'], readonlyPaths: ['/tmp', '/not/there'] },
    script: `cat /etc/image; ls /data; ${canWrite('/tmp')}; ${canWrite('/etc')}`,
    sees: ['no', 'yes'],
  },
  {
    title: 'devices that are listed, and no others',
    keys: {
      capabilities: ['CAP_MKNOD'],
      devices: [
        { path: '/dev/nought', type: 'c', major: 1, minor: 5, mode: '0640' },
        { path: '/dev/pipe', type: 'p', major: 0, minor: 0, mode: '0600' },
      ],
    },
    script: `stat -c '%A %t:%T' /dev/nought; stat -c %A /dev/pipe; head -c 2 /dev/nought | wc -c
      mknod /tmp/kmsg c 1 11; if ( : </tmp/kmsg ) then echo open; else echo refused; fi 2>/dev/null`,
    sees: ['crw-r----- 1:5', 'prw-------', '2', 'refused'],
  },
  {
    title: 'all devices of a type',
    keys: {
      capabilities: ['CAP_MKNOD', 'CAP_SYSLOG'],
      devices: [{ path: 'all', type: 'c', major: 0, minor: 0, mode: '' }],
    },
    script: 'mknod /tmp/kmsg c 1 11; if ( : </tmp/kmsg ) then echo open; else echo refused; fi 2>/dev/null',
    sees: ['open'],
  },
  {
    title: 'no new privileges and an OOM score',
    keys: { noNewPrivileges: true, oomScoreAdj: 500 },
    script: 'grep NoNewPrivs /proc/self/status | cut -f 2; cat /proc/self/oom_score_adj',
    sees: ['1', '500'],
  },
  {
    title: 'limits of its cgroup',
    keys: {
      cgroupsPath: '/lkit-bundle-limits',
      resources: {
        pids: { limit: 33 },
        memory: { limit: 67108864 },
        cpu: { shares: 512, quota: 50000, period: 100000 },
      },
    },
    script: `${ownGroup}
      cat pids/pids.max pids.max 2>/dev/null
      cat memory/memory.limit_in_bytes memory.max 2>/dev/null
      cat cpu/cpu.cfs_quota_us 2>/dev/null || cut -d ' ' -f 1 cpu.max`,
    sees: ['33', '67108864', '50000'],
  },
  {
    title: 'limits of block devices and processors, and annotations',
    keys: {
      annotations: { 'org.example.a': 'b' },
      resources: {
        devices: [{ allow: false, access: 'rwm' }],
        blockio: { throttleReadBpsDevice: [{ major: disk.major, minor: disk.minor, rate: 1048576 }] },
        cpu: { cpus: '0', mems: '0' },
      },
    },
    script: `grep Cpus_allowed_list /proc/self/status | cut -f 2
      ${ownGroup}
      cat blkio/blkio.throttle.read_bps_device 2>/dev/null || sed 's/ rbps=\\([0-9]*\\).*/ \\1/' io.max`,
    sees: ['0', `${disk.major}:${disk.minor} 1048576`],
  },
  {
    title: 'limits of memory, the ones that the kernel has given up too',
    keys: {
      resources: {
        memory: { limit: 67108864, reservation: 33554432, swap: 134217728, kernel: 67108864, kernelTCP: 67108864 },
      },
    },
    script: `${ownGroup}; cat memory/memory.soft_limit_in_bytes memory.low 2>/dev/null || :`,
    sees: ['33554432'],
  },
  {
    title: 'a user namespace with mapped ids',
    keys: {
      userns: 'new',
      net: 'new',
      uidMappings: [
        { hostID: 0, containerID: 0, size: 10 },
        { hostID: 5000, containerID: 10, size: 5 },
      ],
      gidMappings: [{ hostID: 0, containerID: 0, size: 20 }],
    },
    script: 'tr -s " " </proc/self/uid_map; tr -s " " </proc/self/gid_map',
    sees: [' 0 0 10', ' 10 5000 5', ' 0 0 20'],
  },
  {
    title: 'mounts of which the host learns',
    keys: {
      rootfsPropagation: 'shared',
      binds: ['/run/shared:/data:rshared,rbind'],
      capabilities: ['CAP_SYS_ADMIN'],
    },
    before: 'mkdir -p $ROOT/run/shared',
    script: 'mkdir /data/disk && mount -t tmpfs tmpfs /data/disk && echo mounted >/data/disk/f',
    after: 'cat $ROOT/run/shared/disk/f',
    sees: ['mounted'],
  },
];

for (const runtime of runtimes) {
  describe(`${runtime} gives a container`, function () {
    this.timeout(30_000);
    let guest: Guest;
    beforeEach(async () => {
      guest = await makeGuest();
    });
    afterEach(() => guest.remove());

    async function sees(keys: RuntimeKeys, script: string, before = ':', after = ':'): Promise<readonly string[]> {
      const env = keys.env ?? ['PATH=/bin'];
      const folder = await guest.add(bundle({ command: ['/bin/sh', '-c', script], ...keys, env }));
      const id = `lkit-${runtime}-${process.pid}`;
      const { exitCode, stdout, stderr } = await guest.run(`ROOT=${guest.root}
        ${before}
        ${folder}/prepare
        ${runtime} --root ${guest.root}/run/${runtime} run --bundle ${folder} ${id}
        ${after}`);
      assert.equal(exitCode, 0, `${runtime} ended with ${exitCode}: ${stderr}\n${stdout}`);
      return stdout === '' ? [] : stdout.split('\n');
    }

    for (const each of cases) {
      it(each.title, async () => {
        const seen = await sees(each.keys, each.script, each.before, each.after);
        // cgroup v1 appears as a tmpfs with a mount for each controller.
        const lines = seen.map((line) => line.replace(/^\/sys\/fs\/cgroup (tmpfs|cgroup2)$/, '/sys/fs/cgroup CGROUP'));
        assert.deepEqual(lines, each.sees);
      });
    }

    it('every capability that this test has itself, each under its own name', async () => {
      const status = readFileSync('/proc/self/status', 'utf8');
      const permitted = BigInt(`0x${/^CapPrm:\s*(\w+)$/m.exec(status)?.[1] ?? ''}`);
      const names = knownCapabilities.filter((_, bit) => (permitted >> BigInt(bit)) & 1n);
      assert.ok(names.length > 30, `too few to say anything: ${names.join(' ')}`);
      const [effective = ''] = await sees({ capabilities: names }, 'grep CapEff /proc/self/status | cut -f 2');
      assert.equal(BigInt(`0x${effective}`), permitted & ((1n << BigInt(knownCapabilities.length)) - 1n));
    });

    it('a network namespace to join', async () => {
      const before = `
        mkdir -p $ROOT/run/netns; : >$ROOT/run/netns/web
        unshare --net=$ROOT/run/netns/web ip link add joined0 type ifb`;
      assert.deepEqual(await sees({ net: '/run/netns/web' }, 'ip -o link | cut -d : -f 2 | tr -d " " | sort', before), [
        'joined0',
        'lo',
      ]);
    });
  });
}
