/** Something that went wrong in the guest, told by a line of its console. The guest goes on. */
export interface Incident {
  readonly kind: 'out-of-memory' | 'oops' | 'crash';
  /** In a sentence. */
  readonly message: string;
  /** The line of the console. */
  readonly line: string;
  /** The line without the words that tell of a failure. */
  readonly bareLine: string;
  /** For a crash: the container. */
  readonly container?: string;
}

/** `[    2.345678] ` as printk.time puts it before the text; with CONFIG_PRINTK_CALLER also `[    T1] `. */
const timestamp = String.raw`^(?:\[ *\d+\.\d+\] ?(?:\[ *[TC]\d+\] ?)?)?`;
/** `Out of memory: Killed process 312 (python3) total-vm:…`, since Linux 5.4; before: `Kill process`. */
const outOfMemory = new RegExp(
  `${timestamp}((?:Memory cgroup o|O)ut of memory: )Kill(?:ed)? process (\\d+) \\(([^)]*)\\)`,
);
/** The kernel has met a fault of its own, and goes on without the task that was running. */
const oops = new RegExp(
  `${timestamp}((?:BUG: |Oops: |Internal error: Oops|kernel BUG at |general protection fault).*)`,
);
/** What pkg:init says of containers; an exit code of 0 is no failure. */
const crash =
  /^lkit: (((?:service|onboot container|onshutdown container) (\S+)) (?:exited with code (?!0\b)\d+|was ended|did not start|is unhealthy|failed with exit code \d+|could not be prepared).*)/;

/** What a finished line of the console says has gone wrong. */
export function incidentOf(line: string): Incident | undefined {
  const killed = outOfMemory.exec(line);
  if (killed) {
    const [words, where = '', pid = '', program = ''] = killed;
    const isLimit = where.startsWith('Memory cgroup');
    const scope = isLimit ? 'a container had used up its memory limit' : 'the guest was out of memory';
    const message = `${scope}: its kernel killed ${program} (process ${pid})`;
    return { kind: 'out-of-memory', message, line, bareLine: line.replace(words, `${pid} (${program})`) };
  }
  const [, fault] = oops.exec(line) ?? [];
  if (fault !== undefined) {
    return { kind: 'oops', message: `the guest's kernel met a fault of its own: ${fault}`, line, bareLine: '' };
  }
  const [, said, subject, container] = crash.exec(line) ?? [];
  if (said === undefined || subject === undefined || container === undefined) return undefined;
  return { kind: 'crash', message: said, line, bareLine: `lkit: ${subject} `, container };
}
