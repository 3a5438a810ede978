import type { Tree } from '../../spec/index.ts';
import type { Converter, ServiceDraft } from '../draft.ts';
import { scalarText } from '../values.ts';

/** A port of a container: published by `lkit run`, not by the system itself. */
interface Port {
  readonly address: string;
  readonly host: number;
  readonly guest: number;
  readonly protocol: string;
}

/** `ports`: the guest's services share one network, so each is one `-publish` of `lkit run`. */
export const ports: Converter = (service) => {
  const node = service.get('ports');
  if (node?.kind !== 'list') return;
  for (const item of node.items) {
    const found = item.kind === 'mapping' ? longForm(item) : shortForm(scalarText(item) ?? '');
    if (found === undefined) {
      service.invalid(item, 'this is not a port', 'Examples: "8080:80", "127.0.0.1:5353:53/udp", "9000-9002".');
      continue;
    }
    for (const port of found) publish(service, port);
    const text = found.map(argument).join(', ');
    service.notice(item, `published by the command that runs the machine: lkit run -publish ${text}`);
  }
};

function publish(service: ServiceDraft, port: Port): void {
  const text = argument(port);
  if (!service.system.publish.includes(text)) service.system.publish.push(text);
}

function argument({ address, host, guest, protocol }: Port): string {
  return `${address === '' ? '' : `${address}:`}${host}:${guest}${protocol === 'udp' ? '/udp' : ''}`;
}

/** `[[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]`, where ports may be ranges. */
function shortForm(text: string): readonly Port[] | undefined {
  const match = /^(?:(?:(\[[^\]]+\]|[^:]+):)?([\d-]*):)?(\d+(?:-\d+)?)(?:\/(tcp|udp))?$/.exec(text.trim());
  if (match === null) return undefined;
  const [, address = '', host = '', guest = '', protocol = 'tcp'] = match;
  return zip(address, range(host === '' ? guest : host), range(guest), protocol);
}

function longForm(node: Extract<Tree, { kind: 'mapping' }>): readonly Port[] | undefined {
  const text = (key: string): string | undefined => scalarText(node.entries.get(key)?.value);
  const target = text('target') ?? '';
  if (!/^\d+$/.test(target)) return undefined;
  const published = text('published') ?? target;
  // Of a range that is offered to choose from, the first will do.
  return zip(text('host_ip') ?? '', range(published).slice(0, 1), range(target), text('protocol') ?? 'tcp');
}

function range(text: string): readonly number[] {
  const [first = NaN, last = first] = text.split('-').map(Number);
  return Number.isInteger(first) && last >= first && last < 65_536
    ? Array.from({ length: last - first + 1 }, (_, index) => first + index)
    : [];
}

function zip(address: string, host: readonly number[], guest: readonly number[], protocol: string) {
  const pairs = guest.map((port, index) => ({ address, host: host[index] ?? NaN, guest: port, protocol }));
  return pairs.length > 0 && pairs.every((each) => Number.isInteger(each.host)) ? pairs : undefined;
}
