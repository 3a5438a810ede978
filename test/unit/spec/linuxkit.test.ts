import assert from 'node:assert/strict';
import { said, parse, saidOf, specOf } from './support.ts';

/** Systems as LinuxKit's users write them: quotes, flow lists, comments, indentation of all kinds. */
const systems: Readonly<Record<string, string>> = {
  minimal: `
kernel:
  image: linuxkit/kernel:6.6.71
  cmdline: "console=tty0 console=ttyS0 console=ttyAMA0"
init:
  - linuxkit/init:8eea386739975a43af558eec757a7dcb3a3d2e7b
  - linuxkit/runc:667e7ea2c426a2460ca21e3da065a57dbb3369c9
onboot:
  - name: dhcpcd
    image: linuxkit/dhcpcd:157df9ef45a035f1542ec2270e374f18efef98a5
    command: ["/sbin/dhcpcd", "--nobackground", "-f", "/dhcpcd.conf", "-1"]
services:
  - name: getty
    image: linuxkit/getty:05eca453695984a69617f1f1f0bcdae7f7032967
    env:
     - INSECURE=true
`,
  docker: `
# A Docker daemon, with its disk formatted and mounted at boot
kernel:
  image: linuxkit/kernel:6.6.71
  cmdline: "console=tty0 console=ttyS0"
init:
  - linuxkit/init:1
  - linuxkit/containerd:1   # runs the services
onboot:
  - name: sysctl
    image: linuxkit/sysctl:1
  - name: sysfs
    image: linuxkit/sysfs:1
  - name: format
    image: linuxkit/format:1
  - name: mount
    image: linuxkit/mount:1
    command: ["/usr/bin/mountie", "/var/lib/docker"]
services:
  - name: docker
    image: docker:20.10.6-dind
    capabilities:
     - all
    net: host
    mounts:
     - type: cgroup
       options: ["rw","nosuid","noexec","nodev","relatime"]
    binds:
     - /etc/resolv.conf:/etc/resolv.conf
     - /var/lib/docker:/var/lib/docker
     - /lib/modules:/lib/modules
     - /etc/docker/daemon.json:/etc/docker/daemon.json
    command: ["/usr/local/bin/docker-init", "/usr/local/bin/dockerd",
              "--storage-driver", "overlay2"]
files:
  - path: var/lib/docker
    directory: true
  - path: etc/docker/daemon.json
    contents: '{"debug": true}'
trust:
  org:
    - linuxkit
    - library
`,
  'redis-os': `
kernel: {image: "linuxkit/kernel:6.6.71", cmdline: "console=tty0 console=ttyS0"}
init: [linuxkit/init:1, linuxkit/runc:1, linuxkit/containerd:1]
onboot:
  - {name: dhcpcd, image: "linuxkit/dhcpcd:1"}
services:
  - name: redis
    image: redis:5.0-alpine
    capabilities:
     - CAP_NET_BIND_SERVICE
     - CAP_CHOWN
     - CAP_SETUID
     - CAP_SETGID
     - CAP_DAC_OVERRIDE
    net: host
    readonly: true
    tmpfs: ["/tmp:size=10m"]
    rlimits:
      - nofile,100000,100000
    uid: redis
`,
  wireguard: `
init:
  - linuxkit/init:1
onboot:
  - name: netns
    image: linuxkit/ip:1
    net: new
    binds.add:
      - /etc/wireguard:/etc/wireguard
    command: ["sh", "-c", "ip link set dev wg0 up"]
    runtime:
      interfaces:
        - name: wg0
          add: wireguard
          createInRoot: true
      bindNS:
        net: /run/netns/wg
services:
  - name: nginx
    image: nginx:1.19.5-alpine
    net: /run/netns/wg
    capabilities: [CAP_NET_BIND_SERVICE, CAP_CHOWN, CAP_SETUID, CAP_SETGID, CAP_DAC_OVERRIDE]
files:
  - path: etc/wireguard/wg0.conf
    contents: |
      [Interface]
      ListenPort = 51820
      PrivateKey = KEY
    mode: "0600"
`,
  volumes: `
onboot:
  - name: mount
    image: alpine:3.13
    binds: [vola:/vola, "volb:/volb:ro"]
    mounts:
      - {type: bind, source: vola, destination: /again, options: [rw]}
volumes:
  - name: vola
  - name: volb
    image: alpine:3.13
    readonly: true
  - {name: images, image: "alpine:3.13", format: oci, platforms: [linux/amd64, linux/arm64]}
`,
  'a test of overlays': `
onboot:
  - name: poweroff
    image: linuxkit/poweroff:1
    mounts:
      - type: overlay
        source: overlay
        destination: writeable-host-etc
        options: ["rw", "lowerdir=/etc", "upperdir=/run/hostetc/upper", "workdir=/run/hostetc/work"]
      - {source: proc}
      - {destination: /dev}
`,
};

describe('LinuxKit’s files', () => {
  for (const [name, text] of Object.entries(systems)) {
    it(`reads ${name}`, () => {
      const { spec, diagnostics } = parse(text);
      assert.ok(spec, diagnostics.map(said).join('\n'));
    });
  }

  it('takes a relative destination from the root, and says so', () => {
    const destination = 'the destination "writeable-host-etc" is not an absolute path: lkit takes it as';
    assert.deepEqual(saidOf(systems['a test of overlays'] ?? ''), [
      `a.yml:8:22 warning: ${destination} "/writeable-host-etc"`,
    ]);
    const [container] = specOf(systems['a test of overlays'] ?? '').onboot;
    assert.equal(container?.mounts?.[0]?.destination, '/writeable-host-etc');
    const [service] = specOf('services:\n  - {name: a, image: b, binds: ["/c:d:ro"], tmpfs: ["e:size=1m"]}\n').services;
    assert.deepEqual([service?.binds, service?.tmpfs], [['/c:/d:ro'], ['/e:size=1m']]);
  });

  it('warns of keys without effect', () => {
    const text = (keys: string): string => `services:\n  - {name: a, image: b, ${keys}}\n`;
    assert.deepEqual(saidOf(text('capabilities: [], capabilities.add: [CAP_CHOWN]')), [
      'a.yml:2:43 warning: "capabilities.add" has no effect beside "capabilities"',
    ]);
    assert.deepEqual(saidOf(text('binds.add: ["/a:/b"], binds: []')), [
      'a.yml:2:25 warning: "binds.add" has no effect beside "binds"',
    ]);
    assert.deepEqual(saidOf('volumes:\n  - {name: a, format: oci}\n  - {name: b, platforms: []}\n'), [
      'a.yml:2:15 warning: "format: oci" has no effect on a volume without an image',
      'a.yml:3:15 warning: "platforms" has no effect without "format: oci"',
    ]);
  });
});

describe('Mistakes that LinuxKit makes, and lkit does not', () => {
  it('finds volumes that an earlier file declares', () => {
    const user = 'services:\n  - {name: a, image: x, binds: ["one:/1", "two:/2"]}\n';
    const spec = specOf('volumes: [{name: one}]\n', 'volumes: [{name: two}]\n', user);
    assert.deepEqual(
      spec.volumes.map(({ name }) => name),
      ['one', 'two'],
    );
  });

  it('refuses one name for volumes of two files', () => {
    const file = 'volumes: [{name: one}]\n';
    assert.deepEqual(saidOf(file, file), ['b.yml:1:18 a second volume is named "one"; the first is in a.yml, line 1']);
  });

  it('keeps read-only volumes read-only in mounts as in binds, also beside "rw"', () => {
    const mount = (options: string): string =>
      `volumes: [{name: v, readonly: true}]\nservices:\n  - name: a\n    image: x\n` +
      `    mounts: [{type: bind, source: v, destination: /v, options: ${options}}]\n`;
    const refusal = 'a.yml:5:35 volume "v" is read-only and cannot be mounted writable';
    assert.deepEqual(saidOf(mount('[ro]')), []);
    assert.deepEqual(saidOf(mount('[]')), [refusal]);
    assert.deepEqual(saidOf(mount('[ro, rw]')), [refusal]);
  });

  it('names the limit that it does not know', () => {
    assert.deepEqual(saidOf('services:\n  - {name: a, image: b, rlimits: ["nofil,1,2"]}\n'), [
      'a.yml:2:35 unknown limit "nofil" (did you mean "nofile"?)',
    ]);
  });

  it('refuses at once what would fail only at boot, or be lost', () => {
    assert.deepEqual(saidOf('volumes: [{}]\n'), ['a.yml:1:11 this volume lacks the key "name"']);
    assert.deepEqual(saidOf('files: [{contents: a}]\n'), ['a.yml:1:9 this file lacks the key "path"']);
  });
});
