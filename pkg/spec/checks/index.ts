import type { LoadedFile } from '../problem.ts';
import { child } from '../yaml/tree.ts';
import { checkRuntimeKeys } from './container.ts';
import { checkDependsOn } from './depends-on.ts';
import { checkDocument } from './document.ts';
import { entriesOf, type Entry, type Names } from './entries.ts';
import { checkDurations, checkScenarioDurations } from './durations.ts';
import { checkFiles } from './files.ts';
import { checkHardware } from './hardware.ts';
import { checkImage, checkImageNames, type CheckImageName } from './images.ts';
import { checkKernel } from './kernel.ts';
import { checkUniqueNames } from './names.ts';
import { checkVolumes } from './volumes.ts';

export { checkRuntimeKeys } from './container.ts';
export type { CheckImageName } from './images.ts';

/**
 * Checks what a schema cannot: how keys, entries and files fit together. Works on what is well-formed, whatever else
 * is wrong, so that one run tells everything.
 */
export function checkSystem(files: readonly LoadedFile[], checkImageName: CheckImageName | undefined): void {
  const onboot = entriesOf(files, 'onboot');
  const onshutdown = entriesOf(files, 'onshutdown');
  const services = entriesOf(files, 'services');
  const volumes = entriesOf(files, 'volumes');
  const names = namesOf(files, [...onboot, ...onshutdown, ...services], volumes);
  for (const file of files) {
    checkDocument(file);
    checkScenarioDurations(file);
  }
  checkContainers(onboot, 'onboot container', names);
  checkContainers(onshutdown, 'onshutdown container', names);
  checkContainers(services, 'service', names);
  checkUniqueNames(services, 'service');
  for (const { file, node } of services) checkDurations(file, node);
  checkDependsOn(services, names && onboot);
  checkFiles(entriesOf(files, 'files'), names?.containers);
  checkVolumes(volumes);
  checkUniqueNames(volumes, 'volume');
  if (checkImageName) {
    checkImageNames(files, [...onboot, ...onshutdown, ...services, ...volumes], checkImageName);
  }
  checkHardware(files, names && services);
  if (!files.some((file) => file.hasErrors())) checkKernel(files);
}

/** All names there are; `undefined` where a file could not be read, which may declare any others. */
function namesOf(
  files: readonly LoadedFile[],
  containers: readonly Entry[],
  volumes: readonly Entry[],
): Names | undefined {
  if (files.some(({ root }) => root === undefined)) return undefined;
  return {
    containers: new Set(containers.flatMap(({ name = [] }) => name)),
    volumes: new Map(
      volumes.flatMap(({ name, node }) => {
        const readonly = child(node, 'readonly');
        const isReadonly = readonly?.kind === 'scalar' && readonly.value === true;
        return name === undefined ? [] : [[name, isReadonly] as const];
      }),
    ),
    buses: new Set(entriesOf(files, 'hardware', 'i2c').flatMap(({ name = [] }) => name)),
  };
}

function checkContainers(entries: readonly Entry[], noun: string, names: Names | undefined): void {
  for (const { file, node } of entries) {
    checkImage(file, node, noun, true);
    checkRuntimeKeys(file, node, names);
  }
}
