import path from 'node:path';

/** What the services of a system share. */
export class SystemDraft {
  readonly services: Readonly<Record<string, unknown>>[] = [];
  /** Containers that run before the services. */
  readonly onboot: Readonly<Record<string, unknown>>[] = [];
  /** The names of the services that run for good. */
  readonly started: ReadonlySet<string>;
  /** By lkit's name. */
  readonly volumes = new Map<string, Readonly<Record<string, unknown>>>();
  readonly files: Readonly<Record<string, unknown>>[] = [];
  /** `-publish` arguments of `lkit run`. */
  readonly publish: string[] = [];
  /** Kernel parameters. */
  readonly parameters: string[] = [];
  /** Names that the services know one another by, and other hosts: an address each. */
  readonly hosts = new Map<string, string>();
  readonly #volumeNames = new Map<string, string>();
  readonly #outputDir: string;

  constructor(outputDir: string, started: ReadonlySet<string>) {
    this.#outputDir = outputDir;
    this.started = started;
  }

  /** lkit's name for a volume: of small letters, digits, `_` and `-`. */
  volume(key: string, name: string, document: Readonly<Record<string, unknown>> = {}): string {
    const known = this.#volumeNames.get(key);
    if (known !== undefined) return known;
    const wanted = name.toLowerCase().replaceAll(/[^a-z0-9_-]+/g, '-');
    let free = wanted;
    for (let count = 2; this.volumes.has(free); count++) free = `${wanted}-${count}`;
    this.#volumeNames.set(key, free);
    this.volumes.set(free, { name: free, ...document });
    return free;
  }

  /** A file of the system that a container mounts. Returns its path in the guest. */
  mountedFile(owner: string, name: string, document: Readonly<Record<string, unknown>>): string {
    const taken = new Set(this.files.map((each) => each['path']));
    let place = `etc/compose/${owner}/${name}`;
    for (let count = 2; taken.has(place); count++) place = `etc/compose/${owner}/${count}-${name}`;
    this.files.push({ path: place, ...document });
    return `/${place}`;
  }

  /** A path on this computer as the result writes it: relative to the folder that it will be in. */
  relative(absolute: string): string {
    const relative = path.relative(this.#outputDir, absolute);
    return relative.startsWith('..') ? relative : `./${relative}`;
  }
}
