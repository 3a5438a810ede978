import assert from 'node:assert/strict';
import { everyKey } from './every-key.ts';
import { said, specOf, parse } from './support.ts';

const at = (line: number, column: number): object => ({ file: 'a.yml', line, column });
const image = (text: string, line: number, column: number): object => ({
  text,
  at: at(line, column),
  baseDir: '/project/a',
});

describe('parseSpec', () => {
  it('reads every key of the kernel', () => {
    assert.deepEqual(specOf(everyKey).kernel, {
      image: image('pkg:kernel', 2, 10),
      cmdline: 'console=ttyS0',
      binary: 'bzImage',
      tar: 'modules.tar',
      ucode: 'ucode.cpio',
      modules: [
        { name: 'i2c-dev', parameters: '', at: at(8, 7) },
        { name: 'i2c-stub', parameters: 'chip_addr=0x76,0x77 functionality=0', at: at(9, 7) },
      ],
    });
  });

  it('fills in the defaults of the kernel', () => {
    const kernel = specOf('kernel:\n  image: a\n').kernel;
    const defaults = { cmdline: '', binary: 'kernel', tar: 'kernel.tar', ucode: undefined, modules: undefined };
    assert.deepEqual(kernel, { image: image('a', 2, 10), ...defaults });
  });

  it('takes "none" and an empty text for no module archive', () => {
    assert.equal(specOf('kernel: {image: a, tar: none}\n').kernel?.tar, undefined);
    assert.equal(specOf('kernel: {image: a, tar: ""}\n').kernel?.tar, undefined);
  });

  it('passes package templates through as the image’s text', () => {
    assert.deepEqual(specOf(everyKey).init, [image('pkg:init', 11, 5), image('@pkg:./mine', 12, 5)]);
  });

  it('reads onboot and onshutdown containers', () => {
    const { onboot, onshutdown } = specOf(everyKey);
    const id = { hostID: 1000, containerID: 0, size: 1 };
    assert.deepEqual(onboot, [
      {
        name: 'sysctl',
        image: image('linuxkit/sysctl:v1', 15, 12),
        at: at(14, 5),
        places: {
          name: at(14, 5),
          image: at(15, 5),
          onFailure: at(16, 5),
          mounts: at(17, 5),
          'capabilities.add': at(25, 5),
          'binds.add': at(26, 5),
        },
        onFailure: 'halt',
        mounts: [
          {
            destination: '/data',
            type: 'bind',
            source: 'data',
            options: ['rw', 'rbind'],
            uidMappings: [id],
            gidMappings: [id],
          },
          { destination: '', type: 'cgroup', options: ['rw'] },
        ],
        capabilitiesAdd: ['CAP_SYS_TIME'],
        bindsAdd: ['/dev:/dev'],
      },
    ]);
    assert.deepEqual(onshutdown[0]?.image, { ...image('./save', 29, 12), build: { context: './save' } });
  });

  it('reads every key of a service', () => {
    const { at: place, places, image: from, ...keys } = specOf(everyKey).services[0]!;
    assert.deepEqual([place, places?.['name']], [at(32, 5), at(32, 5)]);
    assert.deepEqual(from.build, {
      context: './web',
      dockerfile: 'Dockerfile.dev',
      args: { VERSION: '1.2' },
      target: 'release',
      platform: 'linux/arm64',
    });
    const ids = [{ hostID: 1000, containerID: 0, size: 65536 }];
    const rate = (rate: number): object => ({ major: 8, minor: 0, rate });
    assert.deepEqual(keys, {
      name: 'web',
      onFailure: undefined,
      restart: 'on-failure',
      restartDelayMs: 90_000,
      dependsOn: ['redis'],
      healthcheck: { command: ['wget', '-q', 'http://localhost'], intervalMs: 500, retries: 5 },
      command: ['/usr/bin/web', '--port', '80'],
      env: ['A=b'],
      cwd: '/srv',
      capabilities: ['CAP_NET_BIND_SERVICE', 'CAP_CHOWN'],
      ambient: ['CAP_NET_BIND_SERVICE'],
      binds: ['/etc/resolv.conf:/etc/resolv.conf:ro', 'data:/data', 'frozen:/frozen:ro'],
      tmpfs: ['/tmp:size=16m,mode=1777'],
      devices: [
        { path: '/dev/i2c-0', type: 'c', major: 89, minor: 0, mode: '0600' },
        { path: 'all', type: 'b', major: 0, minor: 0, mode: '' },
      ],
      net: '/run/netns/web',
      pid: 'host',
      ipc: 'new',
      uts: 'new',
      userns: 'host',
      hostname: 'web',
      readonly: true,
      maskedPaths: ['/proc/kcore'],
      readonlyPaths: ['/proc/sys'],
      uid: 'redis',
      gid: 1000,
      additionalGids: [44, 'redis'],
      noNewPrivileges: true,
      oomScoreAdj: -800,
      rootfsPropagation: 'shared',
      cgroupsPath: '/podruntime/web',
      resources: {
        devices: [{ allow: false, type: 'c', major: 10, minor: 200, access: 'rwm' }],
        memory: {
          limit: 1,
          reservation: 2,
          swap: 3,
          kernel: -1,
          kernelTCP: 4,
          swappiness: 5,
          disableOOMKiller: true,
        },
        cpu: {
          shares: 1,
          quota: -1,
          period: 2,
          realtimeRuntime: 3,
          realtimePeriod: 4,
          cpus: '0-1',
          mems: '0',
        },
        pids: { limit: 100 },
        blockio: {
          weight: 10,
          leafWeight: 20,
          weightDevice: [{ major: 8, minor: 0, weight: 30, leafWeight: 40 }],
          throttleReadBpsDevice: [rate(1)],
          throttleWriteBpsDevice: [rate(2)],
          throttleReadIOPSDevice: [rate(3)],
          throttleWriteIOPSDevice: [rate(4)],
        },
        hugepageLimits: [{ pageSize: '2MB', limit: 209715200 }],
        network: { classID: 1048577, priorities: [{ name: 'eth0', priority: 500 }] },
      },
      sysctl: { 'net.ipv4.ip_forward': '1' },
      rlimits: ['nofile,100,200', 'RLIMIT_CORE,0,unlimited'],
      uidMappings: ids,
      gidMappings: ids,
      annotations: { 'org.example.team': 'web' },
      runtime: {
        cgroups: ['podruntime'],
        mounts: [{ destination: '/b', type: 'bind', source: '/a', options: ['bind'] }],
        mkdir: ['/var/lib/web'],
        interfaces: [{ name: 'veth0', add: 'veth', peer: 'veth1', createInRoot: true }],
        bindNS: { cgroup: '/c', ipc: '/i', mnt: '/m', net: '/n', pid: '/p', user: '/u', uts: '/t' },
        namespace: 'services.linuxkit',
      },
    });
  });

  it('leaves out what a container does not say, so that its label and image can', () => {
    const yaml = 'services:\n  - {name: a, image: b}\n';
    const { name, image: from, at: place, places, ...others } = specOf(yaml).services[0]!;
    assert.deepEqual([name, from.text, place], ['a', 'b', at(2, 5)]);
    assert.deepEqual(places, { name: at(2, 6), image: at(2, 15) });
    const own = ['onFailure', 'restart', 'restartDelayMs', 'dependsOn', 'healthcheck'];
    assert.deepEqual(others, Object.fromEntries(own.map((key) => [key, undefined])));
  });

  it('keeps an empty list apart from an absent one', () => {
    const [service] = specOf('services:\n  - {name: a, image: b, binds: [], capabilities: []}\n').services;
    assert.deepEqual([service?.binds, service?.capabilities, service?.tmpfs], [[], [], undefined]);
  });

  it('reads files, with LinuxKit’s default permissions', () => {
    const files = specOf(everyKey).files.map(({ path, content, mode, uid, gid }) => [path, content, mode, uid, gid]);
    const source = { kind: 'source', path: '~/.ssh/id.pub', optional: true, baseDir: '/project/a' };
    assert.deepEqual(files, [
      ['etc/motd', { kind: 'text', text: 'Welcome\n' }, 0o644, 'redis', 5],
      ['etc/key', source, 0o600, 0, 0],
      ['etc/lkit.json', { kind: 'metadata', format: 'json' }, 0o600, 0, 0],
      ['etc/mtab', { kind: 'symlink', target: '/proc/mounts' }, 0o600, 0, 0],
      ['var/lib/web', { kind: 'directory' }, 0o700, 0, 0],
    ]);
  });

  it('takes an empty text for contents, but not for another kind of file', () => {
    const [file] = specOf(
      'files:\n  - {path: /a//b/./c/, contents: "", source: "", symlink: "", directory: false}\n',
    ).files;
    assert.deepEqual([file?.path, file?.content], ['a/b/c', { kind: 'text', text: '' }]);
  });

  it('takes root and an empty text for owner 0', () => {
    const [file] = specOf('files:\n  - {path: a, contents: b, uid: root, gid: ""}\n').files;
    assert.deepEqual([file?.uid, file?.gid], [0, 0]);
  });

  it('reads volumes', () => {
    const volumes = specOf(everyKey).volumes;
    assert.deepEqual(volumes[0], {
      name: 'data',
      at: at(113, 5),
      image: undefined,
      readonly: false,
      format: 'filesystem',
      platforms: undefined,
    });
    const { name, image: from, readonly, format, platforms } = volumes[1]!;
    assert.deepEqual([name, from?.text, readonly, format], ['frozen', 'alpine:3.20', true, 'oci']);
    assert.deepEqual(platforms, ['linux/amd64', 'linux/arm64/v8']);
  });

  it('says that trust has no effect, and nothing else about a valid file', () => {
    const notice = 'notice: "trust" has no effect: lkit verifies every image against its digest';
    assert.deepEqual(parse(everyKey).diagnostics.map(said), [`a.yml:119:1 ${notice}`]);
  });

  it('reads durations as Go does', () => {
    const delay = (text: string): number | undefined =>
      specOf(`services:\n  - {name: a, image: b, restartDelay: ${text}}\n`).services[0]?.restartDelayMs;
    assert.deepEqual(['500ms', '5s', '1.5s', '2m', '1h30m', '0s'].map(delay), [500, 5000, 1500, 120_000, 5_400_000, 0]);
  });

  it('gives a healthcheck an interval of 5 s and 3 retries', () => {
    const [service] = specOf('services:\n  - {name: a, image: b, healthcheck: {command: [c]}}\n').services;
    assert.deepEqual(service?.healthcheck, { command: ['c'], intervalMs: 5000, retries: 3 });
  });

  it('lets onboot containers share a name, as LinuxKit does', () => {
    assert.equal(specOf('onboot:\n  - {name: a, image: b}\n  - {name: a, image: b}\n').onboot.length, 2);
  });
});
