import { createWriteStream } from 'node:fs';
import { Duplex } from 'node:stream';

/**
 * A machine's console whose output goes to a file as well, for hypervisors that do not write one themselves. What
 * `line` says before somebody reads is kept; its errors are its end.
 */
export function loggedConsole(line: Duplex, logFile: string): Duplex {
  const log = createWriteStream(logFile);
  // A full disk costs the log, not the machine.
  log.on('error', () => undefined);
  const console = new Duplex({
    allowHalfOpen: false,
    read: () => line.resume(),
    write: (chunk: Buffer, _encoding, done) => {
      if (!line.writable) done();
      else
        line.write(chunk, () => {
          done();
        });
    },
    final: (done) => {
      line.end();
      done();
    },
  });
  line.pause();
  line.on('data', (chunk: Buffer) => {
    log.write(chunk);
    if (!console.push(chunk)) line.pause();
  });
  line.on('error', () => undefined);
  line.once('close', () => {
    // Who has seen the end finds the log whole.
    log.end(() => console.push(null));
  });
  return console;
}
