const ipcNames = 'msgmax msgmnb msgmni sem shmall shmmax shmmni shm_rmid_forced'.split(' ').map((n) => `kernel.${n}`);

/** `net/ipv4/conf/eth0.1/mtu` and `net.ipv4.conf.eth0/1.mtu` are one: the first separator tells which is which (sysctl.8). */
export function dottedSysctl(name: string): string {
  const swap = { '/': '.', '.': '/' } as const;
  if (/[./]/.exec(name)?.[0] !== '/') return name;
  return name.replace(/[./]/g, (separator) => swap[separator as '/' | '.']);
}

/**
 * The key of the namespace that has its own value of a kernel parameter, by the rules of runc's validator, which are
 * crun's too; `undefined` where only the whole system has one.
 *
 * @param name with dots
 */
export function sysctlNamespace(name: string): 'net' | 'ipc' | 'uts' | undefined {
  if (name.startsWith('net.')) return 'net';
  if (ipcNames.includes(name) || name.startsWith('fs.mqueue.')) return 'ipc';
  return name === 'kernel.domainname' ? 'uts' : undefined;
}
