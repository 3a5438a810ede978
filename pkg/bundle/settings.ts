import type { ContainerSpec, ServiceSpec } from '../spec/index.ts';
import type { OciConfig } from './oci.ts';
import { quote, toScript } from './shell.ts';

const defaultNamespace = 'services.linuxkit';
const defaultRestartDelayMs = 1000;

/** `onboot.conf`: shell variables that tell init what to do when the container fails. */
export function onbootSettings(container: ContainerSpec): string {
  return variables({ ON_FAILURE: container.onFailure ?? 'continue' });
}

/**
 * `service.conf`: shell variables that tell init how to supervise the service, and as whom and where to run commands in
 * it: crun does not take that from the container. `HEALTH_COMMAND` holds words that are
 * quoted for the shell once more: `eval "set -- $HEALTH_COMMAND"` gives them back. Times are in milliseconds.
 */
export function serviceSettings(
  service: Partial<ServiceSpec>,
  namespace: string,
  { user, cwd }: Pick<OciConfig['process'], 'user' | 'cwd'>,
): string {
  const { healthcheck } = service;
  return variables({
    RESTART: service.restart ?? 'no',
    RESTART_DELAY_MS: String(service.restartDelayMs ?? defaultRestartDelayMs),
    DEPENDS_ON: (service.dependsOn ?? []).join(' '),
    HEALTH_COMMAND: (healthcheck?.command ?? []).map(quote).join(' '),
    HEALTH_INTERVAL_MS: String(healthcheck?.intervalMs ?? ''),
    HEALTH_RETRIES: String(healthcheck?.retries ?? ''),
    NAMESPACE: namespace === '' ? defaultNamespace : namespace,
    EXEC_USER: `${user.uid}:${user.gid}`,
    EXEC_CWD: cwd,
  });
}

function variables(values: Readonly<Record<string, string>>): string {
  return toScript(Object.entries(values).map(([name, value]) => `${name}=${quote(value)}`));
}
