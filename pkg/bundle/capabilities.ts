import { nearest } from '../errors/index.ts';
import { knownCapabilities } from '../spec/index.ts';
import { bundleError, type Subject } from './error.ts';
import type { OciCapabilities } from './oci.ts';

/**
 * The five sets of OCI runtime-spec, config.md, "Linux Process". The ambient ones are in every set but the effective,
 * which are the `capabilities` alone.
 *
 * @throws {BundleError} `unknown-capability`
 */
export function makeCapabilities(
  subject: Subject,
  capabilities: readonly string[],
  ambient: readonly string[],
): OciCapabilities {
  const effective = expand(subject, 'capabilities', capabilities);
  const raised = expand(subject, 'ambient', ambient);
  const bounding = [...new Set([...effective, ...raised])].sort();
  return { bounding, effective, inheritable: bounding, permitted: bounding, ambient: raised };
}

function expand(subject: Subject, key: 'capabilities' | 'ambient', names: readonly string[]): readonly string[] {
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) {
    if (only.toLowerCase() === 'none') return [];
    if (only.toLowerCase() === 'all') return [...knownCapabilities].sort();
  }
  for (const name of names) {
    if (!knownCapabilities.includes(name)) throw unknownCapability(subject, key, name);
  }
  return [...names].sort();
}

function unknownCapability(subject: Subject, key: 'capabilities' | 'ambient', name: string): Error {
  if (['all', 'none'].includes(name.toLowerCase())) {
    const problem = `"${name}" stands among other capabilities`;
    const hint = `"${name}" must be the only element of the list.`;
    return bundleError(subject, 'unknown-capability', key, problem, hint, { item: name, other: 'capabilitiesAdd' });
  }
  const upper = name.toUpperCase();
  const spelled = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  const near = knownCapabilities.includes(spelled) ? [spelled] : nearest(spelled, knownCapabilities);
  const hint =
    near.length > 0
      ? `Did you mean ${near.map((each) => `"${each}"`).join(' or ')}?`
      : 'Capabilities are written in full, in upper case: CAP_NET_ADMIN.';
  return bundleError(subject, 'unknown-capability', key, `unknown capability "${name}"`, hint, { item: name });
}
