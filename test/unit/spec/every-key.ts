/** A system in which every key of the language stands at least once. */
export const everyKey = `kernel:
  image: pkg:kernel
  cmdline: console=ttyS0
  binary: bzImage
  tar: modules.tar
  ucode: ucode.cpio
  modules:
    - i2c-dev
    - i2c-stub chip_addr=0x76,0x77 functionality=0
init:
  - pkg:init
  - "@pkg:./mine"
onboot:
  - name: sysctl
    image: linuxkit/sysctl:v1
    onFailure: halt
    mounts:
      - destination: /data
        type: bind
        source: data
        options: [rw, rbind]
        uidmappings: [{hostID: 1000, containerID: 0, size: 1}]
        gidmappings: [{hostID: 1000, containerID: 0, size: 1}]
      - {type: cgroup, options: [rw]}
    capabilities.add: [CAP_SYS_TIME]
    binds.add: ["/dev:/dev"]
onshutdown:
  - name: save
    build: ./save
    command: [sync]
services:
  - name: web
    build:
      context: ./web
      dockerfile: Dockerfile.dev
      args: {VERSION: "1.2"}
      target: release
      platform: linux/arm64
    restart: on-failure
    restartDelay: 1m30s
    dependsOn: [redis]
    healthcheck:
      command: [wget, -q, http://localhost]
      interval: 500ms
      retries: 5
    command: [/usr/bin/web, --port, "80"]
    env: [A=b]
    cwd: /srv
    capabilities: [CAP_NET_BIND_SERVICE, CAP_CHOWN]
    ambient: [CAP_NET_BIND_SERVICE]
    binds: ["/etc/resolv.conf:/etc/resolv.conf:ro", "data:/data", "frozen:/frozen:ro"]
    tmpfs: ["/tmp:size=16m,mode=1777"]
    devices:
      - {path: /dev/i2c-0, type: c, major: 89, minor: 0, mode: "0600"}
      - {path: all, type: b}
    net: /run/netns/web
    pid: host
    ipc: new
    uts: new
    userns: host
    hostname: web
    readonly: true
    maskedPaths: [/proc/kcore]
    readonlyPaths: [/proc/sys]
    uid: redis
    gid: 1000
    additionalGids: [44, redis]
    noNewPrivileges: true
    oomScoreAdj: -800
    rootfsPropagation: shared
    cgroupsPath: /podruntime/web
    resources:
      devices: [{allow: false, type: c, major: 10, minor: 200, access: rwm}]
      memory: {limit: 1, reservation: 2, swap: 3, kernel: -1, kernelTCP: 4, swappiness: 5, disableOOMKiller: true}
      cpu: {shares: 1, quota: -1, period: 2, realtimeRuntime: 3, realtimePeriod: 4, cpus: 0-1, mems: "0"}
      pids: {limit: 100}
      blockio:
        weight: 10
        leafWeight: 20
        weightDevice: [{major: 8, minor: 0, weight: 30, leafWeight: 40}]
        throttleReadBpsDevice: [{major: 8, minor: 0, rate: 1}]
        throttleWriteBpsDevice: [{major: 8, minor: 0, rate: 2}]
        throttleReadIOPSDevice: [{major: 8, minor: 0, rate: 3}]
        throttleWriteIOPSDevice: [{major: 8, minor: 0, rate: 4}]
      hugepageLimits: [{pageSize: 2MB, limit: 209715200}]
      network: {classID: 1048577, priorities: [{name: eth0, priority: 500}]}
    sysctl: {net.ipv4.ip_forward: "1"}
    rlimits: ["nofile,100,200", "RLIMIT_CORE,0,unlimited"]
    uidMappings: [{hostID: 1000, containerID: 0, size: 65536}]
    gidMappings: [{hostID: 1000, containerID: 0, size: 65536}]
    annotations: {org.example.team: web}
    runtime:
      cgroups: [podruntime]
      mounts: [{type: bind, source: /a, destination: /b, options: [bind]}]
      mkdir: [/var/lib/web]
      interfaces: [{name: veth0, add: veth, peer: veth1, createInRoot: true}]
      bindNS: {cgroup: /c, ipc: /i, mnt: /m, net: /n, pid: /p, user: /u, uts: /t}
      namespace: services.linuxkit
  - {name: redis, devices: ["i2c:sensors"],
     image: "redis:7"}
files:
  - path: /etc/motd
    contents: |
      Welcome
    mode: "0644"
    uid: redis
    gid: 5
  - {path: etc/key, source: ~/.ssh/id.pub, optional: true}
  - {path: etc/lkit.json, metadata: json}
  - {path: etc/mtab, symlink: /proc/mounts}
  - {path: var/lib/web, directory: true}
volumes:
  - name: data
  - name: frozen
    image: alpine:3.20
    readonly: true
    format: oci
    platforms: [linux/amd64, linux/arm64/v8]
trust:
  image: [linuxkit/kernel]
  org: [linuxkit]
hardware:
  trace: true
  i2c:
    - name: sensors
      devices:
        - {address: 0x76, name: outdoor, model: bmp280, temperature: 25.08 °C, pressure: 100653 Pa, driver: true}
        - {address: 0x50, model: at24c02, content: ./board.bin, registers: {0x00: 0xff, 0x10: [1, 2], 0x20-0x2f: 7}}
        - {address: 0x48, words: {0x00: 0x1900}}
        - {address: 0x51, dump: ./board.dump}
  scenarios:
    - name: heat
      start: manual
      after: [web]
      repeat: 3
      every: 250ms
      seed: 7
      steps:
        - {at: 1s, device: outdoor, set: {temperature: 30 °C}}
        - {at: 2s, device: outdoor, ramp: {temperature: 40 °C}, over: 10s}
        - {at: 2s, device: outdoor, noise: {temperature: 0.5 °C}, over: 10s}
    - name: cold
      onConsole: '/^\\[web\\] ready/'
      steps: [{at: 0s, device: outdoor, set: {temperature: -5 °C}}]
`;
