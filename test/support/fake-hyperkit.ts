import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** What a fake hyperkit's guest does. */
export interface FakeGuest {
  /** Printed on the console first. */
  readonly says?: string;
  /** What comes next. `waits`: echoes what is typed and powers off at the line `off`. @default 'waits' */
  readonly then?: 'waits' | 'powers-off' | 'resets' | 'triple-faults' | 'fails' | 'crashes';
  /** `then` comes so soon that nobody sees the pid file while hyperkit runs. */
  readonly atOnce?: boolean;
  /** Does not react to the power button. */
  readonly stubborn?: boolean;
}

/**
 * Writes a program that reads hyperkit's arguments as strictly as hyperkit does, opens what it would open and behaves
 * as far as lkit can see: pid file, console at its standard input, vsock sockets, vpnkit's handshake, exit codes.
 * From src/hyperkit.c, pci_emul.c, pci_lpc.c, uart_emul.c, block_if.c, pci_virtio_*.c in github.com/moby/hyperkit.
 */
export function writeFakeHyperkit(folder: string, guest: FakeGuest = {}): Promise<string> {
  return writeProgram(path.join(folder, 'hyperkit'), `const guest = ${JSON.stringify(guest)};\n${hyperkit}`);
}

/**
 * Writes a program that takes vpnkit's arguments, greets machines on its ethernet socket and opens ports on the host
 * as src/ofs/active_list.ml in github.com/moby/vpnkit does, over 9P2000.
 */
export function writeFakeVpnkit(folder: string): Promise<string> {
  return writeProgram(path.join(folder, 'vpnkit'), vpnkit);
}

async function writeProgram(file: string, source: string): Promise<string> {
  await writeFile(file, `#!${process.execPath}\n${source}`);
  await chmod(file, 0o755);
  return file;
}

const hyperkit = String.raw`
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');

const fail = (text, code = 1) => { process.stderr.write(text + '\n'); process.exit(code); };
const usage = () => fail('Usage: hyperkit [-behuwxMACHPWY] [-c vcpus] [-F <pidfile>] [-l <lpc>] [-m mem] [-s <pci>] -f <fw>');

// getopt(3), "behvuwxMACHPWY:f:F:g:c:s:m:l:U:"
const options = [];
const words = process.argv.slice(2);
while (words.length > 0) {
  const word = words.shift();
  if (!/^-[A-Za-z]$/.test(word)) usage();
  const letter = word[1];
  if ('behvuwxMACHPW'.includes(letter)) options.push([letter]);
  else if ('YfFgcsmlU'.includes(letter) && words.length > 0) options.push([letter, words.shift()]);
  else usage();
}
const all = (letter) => options.filter(([each]) => each === letter).map(([, value]) => value);

const drivers = ['hostbridge', 'lpc', 'virtio-vpnkit', 'virtio-net', 'virtio-blk', 'ahci-hd', 'ahci-cd', 'virtio-sock', 'virtio-rnd', 'virtio-9p'];
const slots = new Map();
for (const text of all('s')) {
  const [, slot, func = '0', driver, config] = /^(\d+)(?::(\d+))?,([^,]*)(?:,(.*))?$/.exec(text) ?? fail('Invalid PCI slot info field "' + text + '"');
  if (Number(slot) > 31 || Number(func) > 7) fail('Invalid PCI slot info field "' + text + '"');
  const at = slot + ':' + func;
  if (slots.has(at)) fail('pci slot ' + at + ' already occupied!');
  if (!drivers.includes(driver)) fail('pci slot ' + at + ': unknown device "' + driver + '"');
  slots.set(at, { driver, config });
}
if (slots.get('0:0')?.driver !== 'hostbridge') fail('no hostbridge in slot 0');
const lpc = [...slots.values()].some(({ driver }) => driver === 'lpc');

const [firmware] = all('f');
if (firmware === undefined || all('f').length > 1) usage();
const [loader, image, initrd] = firmware.split(',');
if (!['kexec', 'bootrom'].includes(loader) || !image) fail('Invalid firmware argument');
for (const [letter, pattern] of [['c', /^[1-9]\d*$/], ['m', /^\d+[KMGT]?$/], ['U', /^[0-9a-f-]{36}$/]]) {
  for (const value of all(letter)) if (!pattern.test(value)) fail("hyperkit: invalid -" + letter + " '" + value + "'", 64);
}
if (Number(all('c')[0]) > 64) fail(all('c')[0] + ' vCPUs requested but only 64 available');

const endCodes = { 'powers-off': 0, resets: 2, 'triple-faults': 3 };
if (guest.atOnce && guest.then in endCodes) process.exit(endCodes[guest.then]);
const [pidFile] = all('F');
try {
  fs.writeFileSync(pidFile, String(process.pid), { flag: 'wx' });
} catch {
  fail('Failed to set up pidfile\npidfile error -1');
}
if (guest.atOnce && guest.then === 'crashes') process.kill(process.pid, 'SIGABRT');
const exit = (code) => { fs.rmSync(pidFile); process.exit(code); };
const give = (text) => { process.stderr.write(text + '\n'); exit(1); };

const fields = (config, known) => {
  const found = {};
  for (const part of (config ?? '').split(',')) {
    const [key, ...value] = part.split('=');
    if (!known.includes(key)) give('invalid option: ' + part);
    found[key] = value.join('=');
  }
  return found;
};
const listen = (file, answer) => { fs.rmSync(file, { force: true }); net.createServer(answer).listen(file); };

function block(config) {
  const [file, ...rest] = config.split(',');
  for (const option of rest) {
    if (!/^(nocache|sync|direct|ro|format=qcow|qcow-config=.*|qcow-stats-config=.*|sectorsize=\d+(\/\d+)?)$/.test(option)) give('Invalid device option "' + option + '"');
  }
  const qcow = rest.includes('format=qcow');
  const where = qcow ? new URL(file) : undefined;
  if (qcow && (where.protocol !== 'file:' || !['os', 'drive', 'none'].includes(where.searchParams.get('sync')))) give('Could not open mirage-block device');
  const content = decodeURI(where?.pathname ?? file);
  if (!fs.existsSync(content)) give('Could not open backing file: No such file or directory');
  const head = Buffer.alloc(4);
  fs.readSync(fs.openSync(content), head);
  if (qcow !== (head.toString('latin1') === 'QFI\xfb')) give('Could not open mirage-block device');
}

function sock(config) {
  const { guest_cid, path: folder, guest_forwards } = fields(config, ['guest_cid', 'path', 'guest_forwards']);
  if (!(Number(guest_cid) > 2) || !folder) give('guest_cid and path options are both required.');
  if (Buffer.byteLength(folder) + '/00000000.00000000'.length + 1 > 104) give('virtio-sock: path too long');
  const hex = (number) => Number(number).toString(16).padStart(8, '0');
  for (const port of guest_forwards?.split(';') ?? []) {
    const name = hex(guest_cid) + '.' + hex(port);
    listen(path.join(folder, name), () => {});
    fs.rmSync(path.join(folder, 'guest.' + port), { force: true });
    fs.symlinkSync(name, path.join(folder, 'guest.' + port));
  }
  // A forwarder in the guest: told an address, it says who answered there.
  listen(path.join(folder, 'connect'), (socket) => {
    socket.once('data', (bytes) => {
      const [header, wanted] = bytes.toString().split('\n');
      socket.end(header === '00000003.0000f3a5' ? 'the guest at ' + wanted : 'no such port');
    });
  });
}

// The wire protocol: pci_virtio_net_vpnkit.c
async function vpnkit(config) {
  const { path: file, uuid, preferred_ipv4 } = fields(config, ['path', 'uuid', 'macfile', 'preferred_ipv4']);
  if (uuid.length !== 36) give('uuids need to be 36 characters long');
  let socket;
  while (socket === undefined) {
    socket = await new Promise((resolve) => {
      const each = net.connect(file, () => resolve(each)).on('error', () => setTimeout(() => resolve(undefined), 100));
    });
  }
  const version = Buffer.alloc(4);
  version.writeUInt32LE(22);
  socket.write(Buffer.concat([Buffer.from('VMN3T'), version, Buffer.alloc(40, '0')]));
  const address = Buffer.from((preferred_ipv4 ?? '0.0.0.0').split('.').reverse().map(Number));
  socket.write(Buffer.concat([Buffer.from([preferred_ipv4 ? 8 : 1]), Buffer.from(uuid), address]));
  await new Promise((resolve) => socket.once('data', resolve));
}

function consoleOf([text]) {
  if (text === undefined || !lpc) give('no lpc: no console');
  const [unit, ...backends] = text.split(',');
  if (!['com1', 'com2'].includes(unit)) fail("hyperkit: invalid lpc device configuration '" + text + "'", 64);
  let line = { write() {}, on() {} };
  for (const backend of backends) {
    const [key, file] = backend.split('=');
    if (key === 'stdio') line = new net.Socket({ fd: 0 });
    else if (key === 'autopty') fs.writeFileSync(file, '/dev/ttys999');
    else if (key === 'log') line.write = (bytes) => fs.appendFileSync(file, bytes);
    else if (key !== 'null') give("Unable to initialize backend '" + backend + "' for LPC device COM1");
  }
  return line;
}

// kexec_load_kernel in src/lib/firmware/kexec.c
function isBootable(file) {
  if (!fs.existsSync(file)) return false;
  const kernel = fs.readFileSync(file);
  if (kernel.length < 0x1f1 + 119) return false;
  const sectors = kernel[0x1f1];
  const isBzImage = kernel.readUInt16LE(0x1fe) === 0xaa55 && kernel.toString('latin1', 0x202, 0x206) === 'HdrS' && (kernel[0x211] & 1) === 1;
  return isBzImage && sectors > 0 && kernel.readUInt16LE(0x206) >= 0x20a && kernel.length >= (sectors + 1) * 512 + kernel.readUInt32LE(0x1f4) * 16;
}

async function main() {
  if (loader === 'kexec' && !isBootable(image)) give('kexec: failed to load kernel ' + image);
  if (loader === 'kexec' && initrd && !fs.existsSync(initrd)) give('kexec: failed to load initrd ' + initrd);
  for (const { driver, config } of slots.values()) {
    if (['virtio-blk', 'ahci-hd', 'ahci-cd'].includes(driver)) block(config);
    if (driver === 'virtio-sock') sock(config);
    if (driver === 'virtio-9p' && !fields(config, ['path', 'port', 'tag']).tag) give('virtio-9p: no tag');
    if (driver === 'virtio-vpnkit') await vpnkit(config);
  }
  const line = consoleOf(all('l'));
  process.on('SIGTERM', () => guest.stubborn || exit(0));
  line.write(guest.says ?? '');
  const then = guest.then ?? 'waits';
  if (then in endCodes) setTimeout(() => exit(endCodes[then]), 20);
  if (then === 'fails') give('vm_run error -1, errno 22');
  if (then === 'crashes') process.abort();
  let typed = '';
  line.on('data', (bytes) => {
    line.write(bytes);
    typed = (typed + bytes.toString('latin1')).slice(-100);
    if (/off[\r\n]/.test(typed)) exit(0);
  });
}
setInterval(() => {}, 1000);
main();
`;

const vpnkit = String.raw`
const net = require('node:net');
const known = ['--ethernet', '--port', '--vsock-path'];
const given = {};
const words = process.argv.slice(2);
while (words.length > 0) {
  const [word, value] = [words.shift(), words.shift()];
  if (!known.includes(word) || value === undefined) {
    process.stderr.write("vpnkit: unknown option '" + word + "'.\n");
    process.exit(124);
  }
  given[word] = value;
}

net.createServer((socket) => {
  let bytes = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length < 49 + 41) return;
    if (bytes.toString('latin1', 0, 5) !== 'VMN3T' || bytes.readUInt32LE(5) !== 22) return socket.destroy();
    const wanted = [...bytes.subarray(86, 90)].reverse().join('.');
    process.stdout.write('uuid ' + bytes.toString('latin1', 50, 86) + ' address ' + (bytes[49] === 8 ? wanted : 'any') + '\n');
    socket.write(Buffer.concat([bytes.subarray(0, 49), Buffer.from([1]), Buffer.alloc(257)]));
    bytes = Buffer.alloc(0);
  });
}).listen(given['--ethernet']);

// The folder of ports: name -> what became of it.
const active = new Map();

function start(entry, text, done) {
  const match = /^(tcp|udp):([\d.]+):(\d+):\1:([\d.]+):(\d+)$/.exec(text);
  if (match === null) return done('ERROR port should be of the form proto:IP:port or unix:path\n');
  const [, protocol, address, port, inside, insidePort] = match;
  if (protocol === 'udp') return done('OK ' + text + '\n');
  const server = net.createServer((socket) => {
    const guest = net.connect(given['--vsock-path'], () => guest.write('00000003.0000f3a5\n' + inside + ':' + insidePort + '\n'));
    guest.pipe(socket).on('error', () => {});
  });
  server.once('error', () => done('ERROR Bind for ' + address + ':' + port + ' failed: port is already allocated\n'));
  server.listen(Number(port), address, () => { entry.server = server; done('OK ' + text + '\n'); });
}

const text = (value) => { const bytes = Buffer.from(value); const size = Buffer.alloc(2); size.writeUInt16LE(bytes.length); return Buffer.concat([size, bytes]); };
const u32 = (value) => { const bytes = Buffer.alloc(4); bytes.writeUInt32LE(value); return bytes; };
const qid = Buffer.alloc(13);
net.createServer((socket) => {
  const fids = new Map();
  const reply = (type, tag, ...parts) => {
    const body = Buffer.concat([Buffer.from([type, tag & 255, tag >> 8]), ...parts]);
    socket.write(Buffer.concat([u32(body.length + 4), body]));
  };
  const take = (message) => {
    const tag = message.readUInt16LE(5);
    const refuse = (reason) => reply(107, tag, text(reason));
    const at = 7;
    const fid = message.length >= at + 4 ? message.readUInt32LE(at) : 0;
    const string = (offset) => message.toString('utf8', offset + 2, offset + 2 + message.readUInt16LE(offset));
    const resource = fids.get(fid);
    switch (message[4]) {
      case 100: return reply(101, tag, message.subarray(7, 11), text(string(at + 4)));
      case 104: fids.set(fid, { kind: 'root' }); return reply(105, tag, qid);
      case 110: {
        let found = resource;
        let offset = at + 10;
        const count = message.readUInt16LE(at + 8);
        for (let index = 0; index < count; index++) {
          const name = string(offset);
          offset += 2 + Buffer.byteLength(name);
          if (found?.kind === 'root' && active.has(name)) found = { kind: 'entry', entry: active.get(name) };
          else if (found?.kind === 'entry' && name === 'ctl') found = { kind: 'ctl', entry: found.entry };
          else return refuse('file not found');
        }
        if (found === undefined) return refuse('fid not found');
        fids.set(message.readUInt32LE(at + 4), found);
        const amount = Buffer.alloc(2);
        amount.writeUInt16LE(count);
        return reply(111, tag, amount, ...Array(count).fill(qid));
      }
      case 112: return reply(113, tag, qid, u32(32768));
      case 114: {
        const name = string(at + 4);
        const permission = message.readUInt32LE(at + 6 + Buffer.byteLength(name));
        if (resource?.kind !== 'root' || permission < 0x80000000) return refuse('permission denied');
        const entry = { name };
        active.set(name, entry);
        fids.set(fid, { kind: 'entry', entry });
        return reply(115, tag, qid, u32(512));
      }
      case 116: {
        if (resource?.kind !== 'ctl') return refuse('permission denied');
        const said = Buffer.from(resource.entry.result ?? 'ERROR no request received. Please read the README.\n');
        return reply(117, tag, u32(said.length), said);
      }
      case 118: {
        if (resource?.kind !== 'ctl' || resource.entry.result) return refuse('permission denied');
        const size = message.readUInt32LE(at + 12);
        const wanted = message.toString('utf8', at + 16, at + 16 + size);
        return start(resource.entry, wanted, (result) => { resource.entry.result = result; reply(119, tag, u32(size)); });
      }
      case 120: {
        if (resource?.kind === 'ctl') { resource.entry.server?.close(); active.delete(resource.entry.name); }
        fids.delete(fid);
        return reply(121, tag);
      }
      default: return refuse('bad message');
    }
  };
  let bytes = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 4 && bytes.length >= bytes.readUInt32LE(0)) {
      const size = bytes.readUInt32LE(0);
      take(bytes.subarray(0, size));
      bytes = bytes.subarray(size);
    }
  });
}).listen(given['--port']);
`;
