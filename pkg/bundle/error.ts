import { LkitError } from '../errors/index.ts';
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

/** `service "web": capabilities: …`, at the place where the container stands in the YAML. */
export function bundleError(
  { section, container }: Subject,
  code: BundleErrorCode,
  key: keyof RuntimeKeys | 'name',
  problem: string,
  hint?: string,
): BundleError {
  const hints = [hint, origin(container, key)].filter((sentence) => sentence !== undefined);
  return new BundleError(code, `${noun[section]} "${container.name}": ${key}: ${problem}`, {
    kind: 'input',
    at: container.at,
    hint: hints.length === 0 ? undefined : hints.join(' '),
  });
}

/** Says so when the value at fault is not in the YAML at which the error points. */
function origin(container: ContainerSpec, key: keyof RuntimeKeys | 'name'): string | undefined {
  if (key === 'name' || key === 'command' || container[key] !== undefined) return undefined;
  if (key === 'capabilities' && container.capabilitiesAdd !== undefined) return undefined;
  if (key === 'binds' && container.bindsAdd !== undefined) return undefined;
  return `The value comes from the image: its configuration or its label ${labels.mobyConfig}.`;
}
