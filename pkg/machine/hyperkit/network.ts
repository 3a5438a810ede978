import path from 'node:path';
import { badInput } from '../error.ts';

/** What hyperkit's network card is connected to. */
export type HyperkitNetwork =
  | { readonly kind: 'none' }
  /** macOS's own network for virtual machines; only root may use it. */
  | { readonly kind: 'vmnet' }
  /** A vpnkit that is started for this machine. */
  | { readonly kind: 'own-vpnkit' }
  /** A vpnkit that runs already, by its sockets. */
  | { readonly kind: 'vpnkit'; readonly ethernet: string; readonly ports: string | undefined }
  /** The vpnkit of Docker Desktop. */
  | { readonly kind: 'docker-for-mac' };

/**
 * LinuxKit's `-networking` of hyperkit: `docker-for-mac` (also `default`), `vpnkit[,ETHERNET[,PORTS]]`, `vmnet`, `none`.
 *
 * @throws {MachineError} `bad-network`
 */
export function parseHyperkitNetwork(text: string, folder: string): HyperkitNetwork {
  const [kind, ethernet, ports, ...rest] = text.split(',');
  const plain = ethernet === undefined;
  if (kind === 'none' && plain) return { kind };
  if (kind === 'vmnet' && plain) return { kind };
  if ((kind === 'docker-for-mac' || kind === 'default') && plain) return { kind: 'docker-for-mac' };
  if (kind === 'vpnkit' && plain) return { kind: 'own-vpnkit' };
  if (kind === 'vpnkit' && ethernet && ports !== '' && rest.length === 0) {
    const absolute = path.resolve(folder, ethernet);
    return { kind, ethernet: absolute, ports: ports === undefined ? undefined : path.resolve(folder, ports) };
  }
  const hint = 'One of: docker-for-mac, vpnkit, vpnkit,ETHERNET-SOCKET[,PORT-SOCKET], vmnet, none.';
  throw badInput('bad-network', `"${text}" is not a kind of network of hyperkit`, hint);
}

/** @throws {MachineError} `bad-network` */
export function parseAddress(text: string): string {
  const parts = text.split('.');
  if (parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return text;
  throw badInput('bad-network', `"${text}" is not an IPv4 address`, 'Example: -ip 192.168.65.10');
}

/** @throws {MachineError} `bad-network` */
export function parseUuid(text: string): string {
  if (/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)) return text.toLowerCase();
  const example = 'Example: -vpnkit-uuid 11111111-2222-3333-4444-555555555555';
  throw badInput('bad-network', `"${text}" is not a UUID`, example);
}
