import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { FakeGuest } from './fake-hyperkit.ts';

/** What a fake vfkit's guest does; it knows neither resets nor triple faults. */
export type FakeVfkitGuest = Omit<FakeGuest, 'then'> & {
  readonly then?: 'waits' | 'powers-off' | 'fails' | 'crashes';
  /** Does not answer when its state is to be changed. */
  readonly deaf?: boolean;
};

/**
 * Writes a program that reads vfkit's arguments as strictly as vfkit does and behaves as far as lkit can see: console on
 * a real pseudo-terminal (made by script(1)), control over HTTP, exit codes.
 * From pkg/cmdline, pkg/config and pkg/rest in github.com/crc-org/vfkit.
 */
export async function writeFakeVfkit(folder: string, guest: FakeVfkitGuest = {}): Promise<string> {
  const file = path.join(folder, 'vfkit');
  await writeFile(file, `#!${process.execPath}\nconst guest = ${JSON.stringify(guest)};\n${vfkit}`);
  await chmod(file, 0o755);
  return file;
}

const vfkit = String.raw`
const fs = require('node:fs');
const http = require('node:http');
const { spawn } = require('node:child_process');

const log = (text) => process.stderr.write('time="2026-01-01T00:00:00Z" level=info msg="' + text + '"\n');
const fail = (text) => { process.stderr.write('Error: ' + text + '\n'); process.exit(1); };

const flags = { '--cpus': [], '--memory': [], '--bootloader': [], '--device': [], '--restful-uri': [] };
const words = process.argv.slice(2);
while (words.length > 0) {
  const word = words.shift();
  if (!(word in flags)) fail('unknown flag: ' + word);
  if (words.length === 0) fail('flag needs an argument: ' + word);
  flags[word].push(words.shift());
}
for (const name of ['--cpus', '--memory']) {
  if (!/^\d+$/.test(flags[name].at(-1) ?? '1')) fail('invalid argument "' + flags[name].at(-1) + '" for "' + name + '"');
}
if (Number(flags['--cpus'].at(-1)) > 64) fail('Invalid virtual machine configuration. cpus out of range');

// string_slice.go: commas part, except within double quotes, which stay.
function slice(text) {
  const parts = [''];
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    if (character === ',' && !quoted) parts.push('');
    else parts[parts.length - 1] += character;
  }
  if (quoted) fail('unbalanced quotes in ' + text);
  return parts;
}
const options = (parts, known, what) => {
  const found = {};
  for (const part of parts.filter((each) => each !== '')) {
    const at = part.indexOf('=');
    const key = at < 0 ? part : part.slice(0, at);
    if (!known.includes(key)) fail('unknown option for ' + what + ': ' + key);
    found[key] = at < 0 ? '' : part.slice(at + 1);
  }
  return found;
};
const there = (file) => { if (!fs.existsSync(file ?? '')) fail('failed to open file ' + file + ': no such file or directory'); };

const [loader, ...settings] = slice(flags['--bootloader'].at(-1) ?? fail('empty option list in --bootloader'));
let cmdline = '';
if (loader === 'linux') {
  const found = options(settings, ['kernel', 'initrd', 'cmdline'], 'Linux bootloaders');
  there(found.kernel);
  there(found.initrd);
  cmdline = found.cmdline.replace(/^"(.*)"$/, '$1');
} else if (loader === 'efi') {
  const found = options(settings, ['variable-store', 'create'], 'EFI bootloaders');
  if (!('create' in found)) there(found['variable-store']);
  fs.writeFileSync(found['variable-store'], '');
} else fail('unknown bootloader type: ' + loader);

const devices = [];
let pty = false;
for (const text of flags['--device']) {
  const [type, ...parts] = text.split(',');
  const known = {
    'virtio-rng': [],
    'virtio-serial': ['logFilePath', 'stdio', 'pty'],
    'virtio-net': ['nat', 'mac', 'fd', 'unixSocketPath'],
    'virtio-blk': ['path', 'type', 'readonly', 'deviceId'],
    'usb-mass-storage': ['path', 'type', 'readonly'],
    'virtio-fs': ['sharedDir', 'mountTag'],
    'virtio-vsock': ['port', 'socketURL', 'listen', 'connect'],
  }[type] ?? fail('unknown device type: ' + type);
  const found = options(parts, known, type + ' devices');
  if (type === 'virtio-serial') {
    if (Object.keys(found).length !== 1) fail("one of 'logFilePath', 'stdio' or 'pty' must be set");
    // It would need a terminal at its standard input.
    if ('stdio' in found) fail('inappropriate ioctl for device');
    pty = 'pty' in found;
  }
  if (type === 'virtio-net' && !('nat' in found)) fail("one of 'nat' or 'fd' or 'unixSocketPath' must be set");
  if (type === 'virtio-net' && !/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(found.mac ?? '00:00:00:00:00:00')) fail('address ' + found.mac + ': invalid MAC address');
  if (type === 'virtio-blk' || type === 'usb-mass-storage') {
    there(found.path);
    const head = Buffer.alloc(4);
    fs.readSync(fs.openSync(found.path), head);
    if (type === 'virtio-blk' && head.toString('latin1') === 'QFI\xfb') fail('vfkit does not support qcow2 image format');
  }
  if (type === 'virtio-fs' && !fs.statSync(found.sharedDir, { throwIfNoEntry: false })?.isDirectory()) fail('no such directory: ' + found.sharedDir);
  if (type === 'virtio-vsock' && !(Number(found.port) > 0 && found.socketURL)) fail('virtio-vsock needs both a port and a socket URL');
  devices.push({ kind: type.replace('-', ''), ...found });
}

const uri = new URL(flags['--restful-uri'].at(-1) ?? 'none:');
if (uri.protocol !== 'unix:' || uri.host !== '') fail('invalid unix uri: ' + uri);
const control = decodeURI(uri.pathname);
if (Buffer.byteLength(control) > 103) fail('invalid unix uri: socket path length exceeds macOS limits');
if (fs.existsSync(control)) fail('listen unix ' + control + ': bind: address already in use');

// The slave of script's pseudo-terminal stays open there; what script reads is typed by the guest, so to say.
const script = spawn('script', ['-q', '-f', '-c', 'tty && stty raw -echo && echo ready && exec sleep 20', '/dev/null']);
const stop = (code) => { script.kill('SIGKILL'); fs.rmSync(control, { force: true }); process.exit(code); };
let heard = '';
script.stdout.on('data', function first(bytes) {
  heard += bytes.toString();
  if (!/ready/.test(heard)) return;
  script.stdout.off('data', first);
  run(/\/dev\/\S+/.exec(heard)[0]);
});

function run(name) {
  log('Using PTY (pty path: ' + name + ')');
  if (pty) devices.find(({ kind }) => kind === 'virtioserial').ptyName = name;
  http.createServer((request, response) => {
    let body = '';
    request.on('data', (bytes) => (body += bytes));
    request.on('end', () => {
      if (request.url === '/vm/inspect') return response.end(JSON.stringify({ cpus: 1, memory: 1, devices }));
      if (request.url !== '/vm/state' || request.method !== 'POST') return response.writeHead(404).end();
      if (guest.deaf) return;
      const { state } = JSON.parse(body);
      if (!['Stop', 'HardStop', 'Pause', 'Resume'].includes(state)) return response.writeHead(500).end();
      response.writeHead(202).end();
      if (state === 'HardStop' || (state === 'Stop' && !guest.stubborn)) setTimeout(() => stop(0), 50);
    });
  }).listen(control, () => {
    script.stdin.write((guest.says ?? '').replace('CMDLINE', cmdline));
    const then = guest.then ?? 'waits';
    if (then === 'powers-off') setTimeout(() => stop(0), 500);
    if (then === 'fails') setTimeout(() => { process.stderr.write('Error: hypervisor virtualization error\n'); stop(1); }, 500);
    if (then === 'crashes') setTimeout(() => { script.kill('SIGKILL'); process.abort(); }, 500);
  });
  let typed = '';
  script.stdout.on('data', (bytes) => {
    script.stdin.write(bytes);
    typed = (typed + bytes.toString('latin1')).slice(-100);
    if (/off[\r\n]/.test(typed)) setTimeout(() => stop(0), 200);
  });
}
`;
