import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** What a fake QEMU does, by the accelerator that it is started with. */
export interface FakeBehaviour {
  /** As a probe. @default 'works' */
  readonly probe?: 'works' | 'hangs' | 'aborts' | 'gives-up' | 'refuses';
  /** Printed on the console when somebody listens. */
  readonly says?: string;
  /**
   * What comes next. `waits`: echoes what is typed and powers off at the line `off`.
   * `spins`: computes for ever. @default 'waits'
   */
  readonly then?: 'waits' | 'powers-off' | 'resets' | 'panics' | 'crashes' | 'fails' | 'spins' | 'breaks';
  /** Does not react to the power button. */
  readonly stubborn?: boolean;
  /** Exits before it opens its sockets. */
  readonly refuses?: string;
}

/** Writes a program that takes QEMU's arguments and behaves like it as far as lkit can see. */
export async function writeFakeQemu(
  folder: string,
  behaviours: Readonly<Record<string, FakeBehaviour>>,
): Promise<string> {
  const file = path.join(folder, 'qemu-system-fake');
  await writeFile(file, `#!${process.execPath}\nconst behaviours = ${JSON.stringify(behaviours)};\n${program}`);
  await chmod(file, 0o755);
  return file;
}

const program = String.raw`
const { createServer } = require('node:net');
const argv = process.argv.slice(2);
const value = (flag) => argv[argv.indexOf(flag) + 1];
const behaviour = behaviours[value('-accel')] ?? {};
const spin = () => { for (;;); };

function probe(how = 'works') {
  if (how === 'hangs') spin();
  if (how === 'aborts') process.abort();
  if (how === 'gives-up') { console.error('KVM internal error. Suberror: 1'); setInterval(() => {}, 1000); return; }
  if (how === 'refuses') { console.error('qemu-system-x86_64: warning: x\nqemu-system-x86_64: no such CPU'); process.exit(1); }
  process.exit(33);
}

function socketOf(id) {
  const words = argv.find((word) => word.startsWith('socket,id=' + id + ',')).split(',');
  return words.find((word) => word.startsWith('path=')).slice(5);
}

let monitors = [];
const send = (message) => monitors.forEach((socket) => socket.write(JSON.stringify(message) + '\r\n'));
function shutdown(reason) {
  send({ event: 'SHUTDOWN', data: { guest: reason.startsWith('guest'), reason } });
  setTimeout(() => process.exit(0), 10);
}

function next(console, what = 'waits') {
  if (what === 'powers-off') return shutdown('guest-shutdown');
  if (what === 'resets') return shutdown('guest-reset');
  if (what === 'panics') { send({ event: 'GUEST_PANICKED', data: {} }); return shutdown('guest-panic'); }
  if (what === 'crashes') return process.abort();
  if (what === 'fails') { process.stderr.write('qemu-system-x86_64: it broke\n'); return process.exit(1); }
  if (what === 'spins') return setTimeout(spin, 50);
  if (what === 'breaks') return send({ event: 'STOP' });
  let line = '';
  console.on('data', (bytes) => {
    console.write(bytes);
    line = (line + bytes.toString('latin1')).slice(-100);
    if (/off[\r\n]/.test(line)) shutdown('guest-shutdown');
  });
}

function run() {
  if (behaviour.refuses) { process.stderr.write('qemu-system-x86_64: ' + behaviour.refuses + '\n'); process.exit(1); }
  const ready = new Promise((resolve) => {
    createServer((monitor) => {
      monitors.push(monitor);
      monitor.on('error', () => {});
      monitor.write(JSON.stringify({ QMP: { version: {}, capabilities: [] } }) + '\r\n');
      let text = '';
      monitor.on('data', (chunk) => {
        const lines = (text + chunk).split('\n');
        text = lines.pop();
        for (const { execute, id } of lines.map((each) => JSON.parse(each))) {
          const answer = execute === 'query-status' ? { status: 'internal-error' } : {};
          monitor.write(JSON.stringify({ return: answer, id }) + '\r\n');
          if (execute === 'cont') resolve();
          if (execute === 'quit') shutdown('host-qmp-quit');
          if (execute === 'system_powerdown' && !behaviour.stubborn) shutdown('guest-shutdown');
        }
      });
    }).listen(socketOf('control'));
  });
  createServer((console) => {
    console.on('error', () => {});
    ready.then(() => {
      console.write(behaviour.says ?? '');
      next(console, behaviour.then);
    });
  }).listen(socketOf('console'));
}

if (argv.some((word) => word.startsWith('socket,'))) run();
else probe(behaviour.probe);
`;
