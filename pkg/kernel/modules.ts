import { Faults, LkitError, type Location, nearest } from '../errors/index.ts';

export type KernelErrorCode = 'no-kernel' | 'no-ucode' | 'bad-ucode' | 'unknown-module' | 'cannot-mount';

/** A kernel image lacks what the system asks of it. */
export class KernelError extends LkitError<KernelErrorCode> {}

/** What `depmod` wrote about a module tree, as far as choosing from it needs. */
export interface ModuleIndex {
  /** The folder below `lib/modules`: `6.1.0-56-amd64`. */
  readonly release: string;
  /** Path below `lib/modules/VERSION` → paths of the modules that it needs, those to load last first (modules.dep). */
  readonly depends: Readonly<Record<string, readonly string[]>>;
  /** Names of what is compiled into the kernel itself (modules.builtin), normalised. */
  readonly builtin: readonly string[];
  /** Normalised name → names to load before it if they exist (`pre:` of modules.softdep). */
  readonly softDepends: Readonly<Record<string, readonly string[]>>;
}

/** A module that somebody asked for. */
export interface WantedModule {
  readonly name: string;
  /** Where the user named it. Without one the module is kept if the kernel has it. */
  readonly at?: Location;
}

/** The kernel takes `-` and `_` for the same (kmod, modprobe.8). */
export function normaliseModuleName(name: string): string {
  return name.replaceAll('-', '_');
}

/** `kernel/drivers/i2c/i2c-dev.ko.xz` → `i2c_dev`. */
export function moduleNameOf(file: string): string {
  return normaliseModuleName(baseNameOf(file));
}

function baseNameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).replace(/\.ko(\.(gz|xz|zst))?$/, '');
}

const filesOf = new WeakMap<ModuleIndex, ReadonlyMap<string, string>>();

/** The file of each module, by normalised name. A kernel has thousands, and they are asked for more than once. */
function filesByName(index: ModuleIndex): ReadonlyMap<string, string> {
  const known = filesOf.get(index) ?? new Map(Object.keys(index.depends).map((file) => [moduleNameOf(file), file]));
  filesOf.set(index, known);
  return known;
}

/** Reads modules.dep, modules.builtin and modules.softdep (formats: depmod's manual pages modules.dep.5, modprobe.d.5). */
export function parseModuleIndex(release: string, dep: string, builtin: string, softdep: string): ModuleIndex {
  const depends: Record<string, readonly string[]> = {};
  for (const line of dep.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) depends[line.slice(0, colon)] = words(line.slice(colon + 1));
  }
  const softDepends: Record<string, readonly string[]> = {};
  for (const line of softdep.split('\n')) {
    // softdep ext4 pre: crypto-crc32c post: …
    const match = /^softdep\s+(\S+).*?\bpre:\s*([^:]*?)(\s+post:.*)?$/.exec(line);
    if (match) softDepends[normaliseModuleName(match[1] ?? '')] = words(match[2] ?? '').map(normaliseModuleName);
  }
  const builtinNames = builtin.split('\n').filter((line) => line !== '');
  return { release, depends, builtin: builtinNames.map(moduleNameOf), softDepends };
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/**
 * The files of the wanted modules and of all that they need, in an order in which `insmod` can load them.
 * What is built in needs no file and is left out.
 *
 * @throws {KernelError} `unknown-module` for a module with a location that the kernel neither has nor has built in
 */
export function moduleClosure(index: ModuleIndex, wanted: readonly WantedModule[]): readonly string[] {
  const fileOf = filesByName(index);
  const builtin = new Set(index.builtin);
  const ordered = new Set<string>();
  const visiting = new Set<string>();

  function add(name: string): void {
    const file = fileOf.get(name);
    if (file === undefined || ordered.has(file) || visiting.has(file)) return;
    visiting.add(file);
    for (const before of index.softDepends[name] ?? []) {
      add(before);
      // Of an algorithm: `crypto-crc32c` is an alias of all modules that have it, and the generic one suits any processor.
      add(`${before.replace(/^crypto_/, '')}_generic`);
    }
    // modules.dep lists the deepest need last: https://man7.org/linux/man-pages/man5/modules.dep.5.html
    for (const needed of [...(index.depends[file] ?? [])].reverse()) add(moduleNameOf(needed));
    ordered.add(file);
  }

  const faults = new Faults();
  for (const { name, at } of wanted) {
    const normalised = normaliseModuleName(name);
    if (fileOf.has(normalised)) add(normalised);
    else if (at !== undefined && !builtin.has(normalised)) faults.add(unknownModule(name, at, index));
  }
  faults.throwAny();
  return [...ordered];
}

/**
 * The names of those that the kernel has neither as modules nor built in. None where the image does not tell what is
 * built in: every installed kernel has a modules.builtin, and it is never empty.
 */
export function missingModules(index: ModuleIndex, wanted: readonly WantedModule[]): readonly string[] {
  if (index.builtin.length === 0) return [];
  const builtin = new Set(index.builtin);
  const isKnown = (name: string): boolean => builtin.has(name) || filesByName(index).has(name);
  return wanted.map(({ name }) => name).filter((name) => !isKnown(normaliseModuleName(name)));
}

function unknownModule(name: string, at: Location, index: ModuleIndex): KernelError {
  const near = nearest(name, Object.keys(index.depends).map(baseNameOf));
  const hint = near.length === 0 ? undefined : `The nearest names it has: ${near.join(', ')}.`;
  return new KernelError('unknown-module', `the kernel (${index.release}) has no module "${name}"`, {
    kind: 'input',
    at,
    hint,
  });
}
