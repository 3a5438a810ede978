import { dockerCapabilities } from '../../spec/index.ts';
import type { Converter } from '../draft.ts';
import { isTrue, listOfTexts, pairs } from '../values.ts';

/** `cap_add`, `cap_drop` and `privileged`. lkit's own default is no capability at all. */
export const capabilities: Converter = (service) => {
  if (isTrue(service.get('privileged'))) {
    service.keys['capabilities'] = ['all'];
    service.add('binds', '/dev:/dev');
    service.add('devices', { path: 'all', type: 'a' });
    return;
  }
  const names = (key: string): readonly string[] => service.texts(key).map(capabilityName);
  const added = names('cap_add');
  if (added.includes('all')) {
    service.keys['capabilities'] = ['all'];
    const node = service.get('cap_drop');
    if (node !== undefined) service.warn(node, 'lkit has no way to drop single ones of all capabilities');
    return;
  }
  const dropped = names('cap_drop');
  const kept = dropped.includes('all') ? [] : dockerCapabilities.filter((each) => !dropped.includes(each));
  service.keys['capabilities'] = [...new Set([...kept, ...added])];
};

function capabilityName(text: string): string {
  const name = text.toUpperCase();
  return name === 'ALL' ? 'all' : name.startsWith('CAP_') ? name : `CAP_${name}`;
}

/** `security_opt`, `read_only`, `sysctls`, `annotations`. */
export const confinement: Converter = (service) => {
  for (const { text, node } of listOfTexts(service.get('security_opt'))) {
    const [option = '', value = 'true'] = text.split(/[:=]/);
    if (option === 'no-new-privileges') service.keys['noNewPrivileges'] = value === 'true';
    else service.notice(node, `"${option}" has no counterpart in lkit: the guest has no such confinement`);
  }
  if (isTrue(service.get('read_only'))) service.keys['readonly'] = true;
  const annotations = pairs(service.get('annotations')).map(({ key, value }) => [key, value ?? ''] as const);
  if (annotations.length > 0) service.keys['annotations'] = Object.fromEntries(annotations);
};

/** Settings that belong to the IPC namespace (runc, libcontainer/configs/validate). */
const ipcSettings = /^(kernel\.(msg\w+|sem|shm\w+)|fs\.mqueue\.)/;

/**
 * `sysctls`. Services share the guest's network, and so its `net.*` settings, which the kernel takes on its command line
 * (Documentation/admin-guide/kernel-parameters.txt, `sysctl.*`).
 */
export const kernelSettings: Converter = (service) => {
  for (const { key, value = '', node } of pairs(service.get('sysctls'))) {
    if (key.startsWith('net.')) {
      if (/\s/.test(value)) {
        service.warn(node, `${key} is the whole guest's, and a value with blanks cannot be set at boot`);
        continue;
      }
      service.system.parameters.push(`sysctl.${key}=${value}`);
      service.notice(node, `${key} is set for the whole guest: its services share one network`);
    } else {
      service.keys['sysctl'] = { ...(service.keys['sysctl'] as object | undefined), [key]: value };
      if (ipcSettings.test(key)) service.keys['ipc'] = 'new';
    }
  }
};
