import type { LoadedFile, MappingNode, Tree } from '../spec/index.ts';
import type { SystemDraft } from './system.ts';
import type { ConvertOptions, ImageDefaults } from './types.ts';
import { listOfTexts, scalarText } from './values.ts';

/** A Compose service on its way to a container of lkit. */
export class ServiceDraft {
  readonly name: string;
  readonly node: MappingNode;
  readonly file: LoadedFile;
  readonly options: ConvertOptions;
  readonly system: SystemDraft;
  readonly image: ImageDefaults | undefined;
  /** The container's keys in lkit's YAML, in the order in which they are set. */
  readonly keys: Record<string, unknown>;

  constructor(
    place: { readonly name: string; readonly node: MappingNode; readonly file: LoadedFile },
    options: ConvertOptions,
    system: SystemDraft,
    image: ImageDefaults | undefined,
  ) {
    this.name = place.name;
    this.node = place.node;
    this.file = place.file;
    this.options = options;
    this.system = system;
    this.image = image;
    this.keys = { name: place.name };
  }

  /** Compose's value for a key; null counts as left out. */
  get(key: string): Tree | undefined {
    const value = this.node.entries.get(key)?.value;
    return value?.kind === 'scalar' && value.value === null ? undefined : value;
  }

  text(key: string): string | undefined {
    return scalarText(this.get(key));
  }

  texts(key: string): readonly string[] {
    return listOfTexts(this.get(key)).map(({ text }) => text);
  }

  /** Appends to a list of the container's. */
  add(key: string, ...values: readonly unknown[]): void {
    if (values.length > 0) this.keys[key] = [...((this.keys[key] as readonly unknown[] | undefined) ?? []), ...values];
  }

  /** Sets a limit below `resources`. */
  limit(group: string, values: Readonly<Record<string, unknown>>): void {
    const resources = (this.keys['resources'] ?? {}) as Readonly<Record<string, object>>;
    this.keys['resources'] = { ...resources, [group]: { ...resources[group], ...values } };
  }

  /** Something that will be different under lkit. */
  warn(node: Tree, message: string, hint?: string): void {
    this.file.report(node, {
      severity: 'warning',
      code: 'not-supported',
      message,
      ...(hint !== undefined && { hint }),
    });
  }

  /** Something to know, though nothing is lost. */
  notice(node: Tree, message: string, hint?: string): void {
    this.file.report(node, { severity: 'notice', code: 'no-effect', message, ...(hint !== undefined && { hint }) });
  }

  invalid(node: Tree, message: string, hint?: string): void {
    this.file.report(node, { code: 'invalid-value', message, ...(hint !== undefined && { hint }) });
  }
}

/** Converts one group of Compose's keys. */
export type Converter = (service: ServiceDraft) => void;
