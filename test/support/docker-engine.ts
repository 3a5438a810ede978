import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';

export interface Engine {
  readonly docker: Docker;
  readonly stop: () => Promise<void>;
}

const startTimeoutMs = 30_000;

/**
 * Starts a Docker engine of its own below a folder. It touches neither the host's firewall nor its network: containers
 * use the host's (network mode `host`).
 */
export async function startEngine(folder: string): Promise<Engine> {
  await mkdir(folder, { recursive: true });
  const inFolder = (name: string): string => path.join(folder, name);
  const socketPath = inFolder('docker.sock');
  const daemon = spawn(
    'dockerd',
    [
      ...['--host', `unix://${socketPath}`],
      ...['--data-root', inFolder('data'), '--exec-root', inFolder('exec'), '--pidfile', inFolder('pid')],
      ...['--iptables=false', '--bridge=none', '--storage-driver=vfs'],
    ],
    { stdio: 'ignore' },
  );
  const ended = once(daemon, 'close');
  const docker = new Docker({ socketPath });
  const isUp = (): Promise<boolean> =>
    docker.ping().then(
      () => true,
      () => false,
    );
  for (let waitedMs = 0; !(await isUp()); waitedMs += 200) {
    if (daemon.exitCode !== null || waitedMs > startTimeoutMs) throw new Error('dockerd does not start');
    await sleep(200);
  }
  return {
    docker,
    stop: async () => {
      daemon.kill();
      await ended;
      // It leaves the host's network namespace mounted in its folder.
      spawnSync('umount', [inFolder('exec/netns/default')]);
    },
  };
}
