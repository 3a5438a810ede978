import type { Faults } from '../errors/index.ts';
import { dottedSysctl, sysctlNamespace } from '../spec/index.ts';
import { bundleError, type Subject } from './error.ts';
import { has, missingNamespace } from './isolation.ts';
import { sortedRecord } from './json.ts';
import { namespaceTypes } from './namespaces.ts';
import type { OciNamespace } from './oci.ts';

/**
 * Kernel parameters of the container's own namespaces, sorted, in sysctl.8's spelling with dots.
 *
 * @param faults takes a `BundleError` for each that cannot be set: `missing-namespace`; `invalid-sysctl` for a parameter
 *   that no namespace has its own value of
 */
export function makeSysctl(
  subject: Subject,
  written: Readonly<Record<string, string>>,
  namespaces: readonly OciNamespace[],
  faults: Faults,
): Readonly<Record<string, string>> | undefined {
  const settings = Object.entries(written).map(([name, value]) => [dottedSysctl(name), value] as const);
  for (const [name] of settings) {
    faults.check(() => {
      checkOwner(subject, name, namespaces);
    });
  }
  return sortedRecord(Object.fromEntries(settings));
}

function checkOwner(subject: Subject, name: string, namespaces: readonly OciNamespace[]): void {
  const key = sysctlNamespace(name);
  if (key !== undefined) {
    if (!has(namespaces, namespaceTypes[key]))
      throw missingNamespace(subject, 'sysctl', `${name} would change the host's setting`, key);
  } else if (name === 'kernel.hostname') {
    throw bundleError(subject, 'invalid-sysctl', 'sysctl', `${name} has a key of its own`, 'Use "hostname:".');
  } else {
    const hint = "Set the host's with an onboot container that writes below /proc/sys, such as LinuxKit's sysctl.";
    throw bundleError(subject, 'invalid-sysctl', 'sysctl', `${name} belongs to no container but to the host`, hint);
  }
}
