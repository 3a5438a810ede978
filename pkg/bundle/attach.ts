import path from 'node:path';
import { bundleError, type Subject } from './error.ts';
import type { EffectiveRuntime } from './keys.ts';
import { quote, scriptHead, toScript } from './shell.ts';

type Interface = EffectiveRuntime['interfaces'][number];

/**
 * The script `attach`: gives the created, not yet started container its network interfaces, and keeps its namespaces
 * at the paths of `bindNS`. It is the container's createRuntime hook, since `create` and `start` are two steps for runc
 * and crun but not for `ctr run`; it takes the process's id from its first argument or from the state on its input.
 * `undefined` where there is nothing to do.
 *
 * @throws {BundleError} `invalid-interface`, `invalid-namespace`
 */
export function attachScript(subject: Subject, title: string, runtime: EffectiveRuntime): string | undefined {
  const bindings = namespaceBindings(runtime);
  for (const [kind, target] of bindings) requireAbsolute(subject, kind, target);
  if (runtime.interfaces.length === 0 && bindings.length === 0) return undefined;
  return toScript([
    ...scriptHead(`Gives ${title} its interfaces and keeps its namespaces, once it is created.`),
    '# crun throws away what a hook says; a failure is worth a line on the console.',
    'if [ "$(readlink /proc/self/fd/2)" = /dev/null ] && [ -e /dev/console ]; then exec 2>>/dev/console; fi',
    `pid=\${1:-$(sed -n 's/.*"pid" *: *\\([0-9][0-9]*\\).*/\\1/p' | head -n 1)}`,
    '',
    ...(runtime.interfaces.length > 0 ? [...helpers, ...pairHelpers(title)] : []),
    ...runtime.interfaces.flatMap((each) => attachInterface(subject, each)),
    ...bindings.flatMap(([kind, target]) => bindNamespace(kind, target)),
  ]);
}

const helpers: readonly string[] = [
  'inside() { nsenter -t "$pid" -n "$@"; }',
  'attached() { inside ip link show dev "$1" >/dev/null 2>&1; }',
  'absent() { [ ! -e "/sys/class/net/$1" ]; }',
  '# The kernel gives back what a container held a moment after its end.',
  'retry() {',
  '  tries=50',
  '  until "$@" 2>/dev/null; do',
  '    tries=$((tries - 1))',
  '    [ "$tries" -gt 0 ] || { "$@"; return; }',
  '    sleep 0.1',
  '  done',
  '}',
  '# Not every ip knows "peer name": the other end of a pair is the one whose index the first end tells.',
  'name_peer() {',
  '  index=$(cat "/sys/class/net/$1/iflink")',
  '  for link in /sys/class/net/*; do',
  '    if [ "$(cat "$link/ifindex" 2>/dev/null)" = "$index" ] && [ "${link##*/}" != "$2" ]; then',
  '      ip link set "${link##*/}" name "$2"',
  '    fi',
  '  done',
  '}',
];

/**
 * A pair stays as long as one of its namespaces does, and another container may have joined that. The next start of
 * the container that the pair was made for makes a new one: the kernel never gives the same index to two interfaces.
 */
function pairHelpers(title: string): readonly string[] {
  const folder = quote(`/run/lkit/prepared/${title}`);
  return [
    'forget_peer() {',
    `  index=$(cat ${folder}/peer."$1" 2>/dev/null || :)`,
    '  if [ -n "$index" ] && [ "$(cat "/sys/class/net/$1/ifindex" 2>/dev/null)" = "$index" ]; then',
    '    ip link delete "$1" 2>/dev/null || :',
    '  fi',
    '}',
    `remember_peer() { mkdir -p ${folder} && cat "/sys/class/net/$1/ifindex" >${folder}/peer."$1"; }`,
    '',
  ];
}

function attachInterface(subject: Subject, each: Interface): readonly string[] {
  const name = quote(interfaceName(subject, each.name ?? ''));
  const { add: type = '', peer = '', createInRoot = false } = each;
  const move = `ip link set ${name} netns "$pid"`;
  if (type === 'veth' || (type === '' && peer !== '')) {
    if (peer === '') {
      const problem = `the veth pair "${each.name ?? ''}" has no other end`;
      throw bundleError(
        subject,
        'invalid-interface',
        'runtime',
        problem,
        'Name the end that stays outside with "peer:".',
      );
    }
    const other = quote(interfaceName(subject, peer));
    return unlessAttached(name, [
      `forget_peer ${other}`,
      `retry absent ${other} || { echo "interface "${other}" is there already" >&2; exit 1; }`,
      `retry ip link add ${name} type veth peer name ${other}`,
      `name_peer ${name} ${other}`,
      `remember_peer ${other}`,
      move,
    ]);
  }
  if (type === '') return unlessAttached(name, [`retry ${move}`]);
  if (createInRoot) return unlessAttached(name, [`retry ip link add ${name} type ${quote(type)}`, move]);
  return unlessAttached(name, [`inside ip link add ${name} type ${quote(type)}`]);
}

/** The namespace may be one that outlives the container, and have the interface since an earlier start. */
function unlessAttached(name: string, lines: readonly string[]): readonly string[] {
  return [`if ! attached ${name}; then`, ...lines.map((line) => `  ${line}`), 'fi'];
}

/** dev_valid_name() of the kernel: at most 15 bytes, no slash, colon or space. */
function interfaceName(subject: Subject, name: string): string {
  if (name === '')
    throw bundleError(subject, 'invalid-interface', 'runtime', 'an interface has no name', 'Add "name:".');
  const isValid = /^[^\s/:-][^\s/:]*$/u.test(name) && Buffer.byteLength(name) <= 15 && name !== '.' && name !== '..';
  if (isValid) return name;
  const hint = 'A name has at most 15 characters, none of them a space, a slash or a colon.';
  throw bundleError(subject, 'invalid-interface', 'runtime', `"${name}" cannot be the name of an interface`, hint);
}

function bindNamespace(kind: string, target: string): readonly string[] {
  const file = quote(target);
  return [
    `mkdir -p ${quote(path.posix.dirname(target))}`,
    `: >${file}`,
    // The kernel refuses to bind a mount namespace where the binding would spread to others (mount_namespaces.7).
    ...(kind === 'mnt' ? [`mount -o bind ${file} ${file}`, `mount --make-private ${file}`] : []),
    `mount -o bind "/proc/$pid/ns/${kind}" ${file}`,
  ];
}

/** The kinds of namespaces to keep, each with its path. */
export function namespaceBindings({ bindNS }: EffectiveRuntime): readonly (readonly [kind: string, target: string])[] {
  return Object.entries(bindNS).filter(([, target]) => target !== '');
}

function requireAbsolute(subject: Subject, kind: string, target: string): void {
  if (target.startsWith('/')) return;
  const problem = `bindNS.${kind}: "${target}" is not an absolute path`;
  throw bundleError(subject, 'invalid-namespace', 'runtime', problem, 'Write a path such as /run/netns/web.');
}
