import { readdir, readFile, readlink } from 'node:fs/promises';
import type { PublishedPort } from './types.ts';

/**
 * The process that listens on a port, as `python3 -m http.server (process 123)`; `undefined` where this host or its
 * user's rights do not tell.
 */
export async function portOwner(port: Pick<PublishedPort, 'host' | 'protocol'>): Promise<string | undefined> {
  const tables = await Promise.all(
    [port.protocol, `${port.protocol}6`].map((name) => readFile(`/proc/net/${name}`, 'latin1').catch(() => '')),
  );
  const sockets = tables.flatMap((table) => listeningSockets(table, port));
  const pid = sockets.length === 0 ? undefined : await processWithSocket(sockets);
  if (pid === undefined) return undefined;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const words = command.split('\0').join(' ').trim();
  return `${words.length > 80 ? `${words.slice(0, 80)}…` : words} (process ${pid})`;
}

/** The inodes of the sockets bound to a port, out of a table of proc_net(5). */
export function listeningSockets(
  table: string,
  { host, protocol }: Pick<PublishedPort, 'host' | 'protocol'>,
): readonly string[] {
  const port = host.toString(16).toUpperCase().padStart(4, '0');
  // TCP_LISTEN, and what UDP has instead (include/net/tcp_states.h).
  const state = protocol === 'tcp' ? '0A' : '07';
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [, local = '', , status, , , , , , inode = ''] = fields;
    return local.endsWith(`:${port}`) && status === state ? [inode] : [];
  });
}

async function processWithSocket(inodes: readonly string[]): Promise<string | undefined> {
  const wanted = new Set(inodes.map((inode) => `socket:[${inode}]`));
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of processes) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const descriptor of descriptors) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
      if (wanted.has(target)) return pid;
    }
  }
  return undefined;
}
