import type { LoadedFile } from '../problem.ts';
import { quoted } from '../quote.ts';
import { dottedSysctl, sysctlNamespace } from '../sysctl.ts';
import { child, type MappingNode } from '../yaml/tree.ts';

/** Parameters that no container has, whatever its namespaces. Whether it has those, its image's label decides as well. */
export function checkSysctl(file: LoadedFile, container: MappingNode): void {
  const settings = child(container, 'sysctl');
  if (settings?.kind !== 'mapping') return;
  for (const [written, { key }] of settings.entries) {
    const name = dottedSysctl(written);
    if (sysctlNamespace(name) !== undefined) continue;
    const isHostname = name === 'kernel.hostname';
    const message = isHostname
      ? '"kernel.hostname" has a key of its own'
      : `${quoted(written)} is not a container's to set`;
    const hint = isHostname
      ? 'Use "hostname:".'
      : "The system's is set by an onboot container that writes below /proc/sys, such as LinuxKit's sysctl.";
    file.report(key, { code: 'invalid-value', message, hint });
  }
}
