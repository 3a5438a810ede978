/** What becomes of a key that lkit has nothing for. */
export interface Loss {
  readonly severity: 'notice' | 'warning';
  readonly why: string;
}

/**
 * The keys of a Compose service that lkit has nothing for, each with what that means. A `notice` loses nothing that the
 * service itself does.
 */
export const withoutCounterpart: Readonly<Record<string, Loss>> = {
  attach: { severity: 'notice', why: 'the console shows the output of all services' },
  cgroup: { severity: 'notice', why: 'services share the cgroup namespace of the guest' },
  cpu_count: { severity: 'notice', why: 'give the machine its processors: lkit run -cpus' },
  cpu_percent: { severity: 'notice', why: 'it is for Windows' },
  credential_spec: { severity: 'notice', why: 'it is for Windows' },
  develop: { severity: 'notice', why: 'lkit builds a whole system; lkit test --watch builds it anew on a change' },
  dns: { severity: 'warning', why: 'the guest has one list of name servers, from DHCP' },
  dns_opt: { severity: 'warning', why: 'the guest has one resolv.conf, from DHCP' },
  dns_search: { severity: 'warning', why: 'the guest has one search list, from DHCP' },
  domainname: { severity: 'warning', why: 'a container has a host name only' },
  expose: { severity: 'notice', why: 'services reach all ports of one another' },
  extends: { severity: 'warning', why: 'convert what "docker compose config" prints, which has it resolved' },
  external_links: { severity: 'warning', why: 'there are no containers beside those of the file' },
  gpus: { severity: 'warning', why: 'pass a device to the machine: lkit run -device' },
  isolation: { severity: 'notice', why: 'it is for Windows' },
  label_file: { severity: 'notice', why: 'containers have no labels in the guest' },
  labels: { severity: 'notice', why: 'containers have no labels in the guest' },
  logging: { severity: 'notice', why: 'the output goes to /var/log of the guest' },
  mac_address: { severity: 'warning', why: 'services share the network interface of the guest' },
  models: { severity: 'warning', why: 'nothing in the guest runs models' },
  post_start: { severity: 'warning', why: 'start it from the service itself' },
  pre_stop: { severity: 'warning', why: 'containers of "onshutdown" run when the system goes down' },
  provider: { severity: 'warning', why: 'there is no program on the guest to delegate a service to' },
  pull_policy: { severity: 'notice', why: 'lkit build --pull says when registries are asked' },
  pull_refresh_after: { severity: 'notice', why: 'lkit build --pull says when registries are asked' },
  runtime: { severity: 'notice', why: 'the runtime is an image of "init": pkg:runc or pkg:crun' },
  scale: { severity: 'warning', why: 'lkit runs one of each service' },
  stdin_open: { severity: 'notice', why: 'services have no terminal; getty has the console' },
  stop_grace_period: { severity: 'notice', why: 'lkit waits as long as processes live, within a bound' },
  stop_signal: { severity: 'warning', why: 'lkit sends SIGTERM' },
  storage_opt: { severity: 'warning', why: 'the root of a container is in memory' },
  tty: { severity: 'notice', why: 'services have no terminal; getty has the console' },
  use_api_socket: { severity: 'warning', why: 'there is no Docker engine in the guest' },
  volumes_from: { severity: 'warning', why: 'name the volumes of the other service here as well' },
};
