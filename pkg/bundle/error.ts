import { LkitError, type Location } from '../errors/index.ts';
import { labels } from '../image/index.ts';
import type { ContainerSpec, RuntimeKeys } from '../spec/index.ts';
import type { Section } from './types.ts';

export type BundleErrorCode =
  | 'invalid-name'
  | 'no-command'
  | 'unknown-capability'
  | 'invalid-mount'
  | 'unknown-volume'
  | 'readonly-volume'
  | 'invalid-device'
  | 'invalid-rlimit'
  | 'invalid-namespace'
  | 'missing-namespace'
  | 'invalid-sysctl'
  | 'unknown-id'
  | 'invalid-interface'
  | 'invalid-value';

/** A container's keys are wrong in themselves, or contradict each other or the image. */
export class BundleError extends LkitError<BundleErrorCode> {}

/** The container that an error is about. */
export interface Subject {
  readonly section: Section;
  readonly container: ContainerSpec;
}

const noun: Readonly<Record<Section, string>> = {
  onboot: 'onboot container',
  onshutdown: 'onshutdown container',
  services: 'service',
};

type Key = keyof RuntimeKeys | 'name';

interface Fault {
  /** The item of the key's list that is at fault. */
  readonly item?: string | undefined;
  /** The key that the value does not go with: the one to point at, where the YAML has not the first. */
  readonly other?: Key | undefined;
}

/** `service "web": capabilities: …`, at the key's place in the YAML, or at the container's where it has none there. */
export function bundleError(
  { section, container }: Subject,
  code: BundleErrorCode,
  key: Key,
  problem: string,
  hint?: string,
  { item, other }: Fault = {},
): BundleError {
  const written = writtenKey(container, key, item);
  const hints = [hint, written === undefined ? imageHint : undefined].filter((sentence) => sentence !== undefined);
  return new BundleError(code, `${noun[section]} "${container.name}": ${key}: ${problem}`, {
    kind: 'input',
    at: placeOf(container, written) ?? placeOf(container, other) ?? container.at,
    hint: hints.length === 0 ? undefined : hints.join(' '),
  });
}

const imageHint = `The value comes from the image: its configuration or its label ${labels.mobyConfig}.`;

/** The key of the YAML that the value at fault comes from; `undefined` where it comes from the image. */
function writtenKey(container: ContainerSpec, key: Key, item: string | undefined): Key | undefined {
  if (key === 'name' || key === 'command' || container[key] !== undefined) return key;
  const added = key === 'capabilities' ? 'capabilitiesAdd' : key === 'binds' ? 'bindsAdd' : undefined;
  const isAdded = added !== undefined && item !== undefined && container[added]?.includes(item) === true;
  return isAdded ? added : undefined;
}

function placeOf({ places }: ContainerSpec, key: Key | undefined): Location | undefined {
  return key && places?.[key.replace(/Add$/, '.add')];
}
