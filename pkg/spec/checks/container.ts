import type { LoadedFile } from '../problem.ts';
import type { MappingNode } from '../yaml/tree.ts';
import { checkAdditions } from './additions.ts';
import { checkCapabilities } from './capabilities.ts';
import { checkDevices } from './devices.ts';
import type { Names } from './entries.ts';
import { checkInterfaces } from './interfaces.ts';
import { checkMounts } from './mounts.ts';
import { checkNamespaces } from './namespaces.ts';
import { checkOwners } from './owners.ts';
import { checkRlimits } from './rlimits.ts';
import { checkSysctl } from './sysctl.ts';

/**
 * The keys that a container and a label share, as far as the schema does not cover them. A label is written without
 * knowing the system that its image will be part of: there `names` is undefined, and names are not checked.
 */
export function checkRuntimeKeys(file: LoadedFile, container: MappingNode, names: Names | undefined): void {
  checkCapabilities(file, container);
  checkAdditions(file, container);
  checkMounts(file, container, names?.volumes);
  checkDevices(file, container, names?.buses);
  checkNamespaces(file, container);
  checkRlimits(file, container);
  checkSysctl(file, container);
  checkInterfaces(file, container);
  if (names) checkOwners(file, container, names.containers);
}
