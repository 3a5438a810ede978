import { bundleError, type Subject } from './error.ts';
import { has, missingNamespace } from './isolation.ts';
import { sortedRecord } from './json.ts';
import type { OciNamespace } from './oci.ts';

const ipcNames = 'msgmax msgmnb msgmni sem shmall shmmax shmmni shm_rmid_forced'.split(' ').map((n) => `kernel.${n}`);

/**
 * Kernel parameters of the container's own namespaces, sorted, in sysctl.8's spelling with dots.
 *
 * @throws {BundleError} `missing-namespace`; `invalid-sysctl` for a parameter that no namespace has its own value of
 */
export function makeSysctl(
  subject: Subject,
  written: Readonly<Record<string, string>>,
  namespaces: readonly OciNamespace[],
): Readonly<Record<string, string>> | undefined {
  const settings = Object.entries(written).map(([name, value]) => [dotted(name), value] as const);
  for (const [name] of settings) checkOwner(subject, name, namespaces);
  return sortedRecord(Object.fromEntries(settings));
}

/** `net/ipv4/conf/eth0.1/mtu` and `net.ipv4.conf.eth0/1.mtu` are one: the first separator tells which is which. */
function dotted(name: string): string {
  const swap = { '/': '.', '.': '/' } as const;
  if (/[./]/.exec(name)?.[0] !== '/') return name;
  return name.replace(/[./]/g, (separator) => swap[separator as '/' | '.']);
}

/** The rules of runc's validator; crun's are the same. */
function checkOwner(subject: Subject, name: string, namespaces: readonly OciNamespace[]): void {
  const problem = `${name} would change the host's setting`;
  if (name.startsWith('net.')) {
    if (!has(namespaces, 'network')) throw missingNamespace(subject, 'sysctl', problem, 'net');
  } else if (ipcNames.includes(name) || name.startsWith('fs.mqueue.')) {
    if (!has(namespaces, 'ipc')) throw missingNamespace(subject, 'sysctl', problem, 'ipc');
  } else if (name === 'kernel.domainname') {
    if (!has(namespaces, 'uts')) throw missingNamespace(subject, 'sysctl', problem, 'uts');
  } else if (name === 'kernel.hostname') {
    throw bundleError(subject, 'invalid-sysctl', 'sysctl', `${name} has a key of its own`, 'Use "hostname:".');
  } else {
    const hint = "Set the host's with an onboot container that writes below /proc/sys, such as LinuxKit's sysctl.";
    throw bundleError(subject, 'invalid-sysctl', 'sysctl', `${name} belongs to no container but to the host`, hint);
  }
}
