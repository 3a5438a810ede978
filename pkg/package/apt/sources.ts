/** A place to get packages from: an entry of sources.list(5), of which only binary packages are read. */
export interface AptSource {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** What says whom to trust, in deb822 spelling, keys in lower case: `signed-by`. */
  readonly options: Readonly<Record<string, string>>;
}

/** Reads the format of `*.sources` (sources.list.5, "DEB822-STYLE FORMAT"). */
export function parseDeb822Sources(text: string): readonly AptSource[] {
  return text
    .split(/\n[ \t]*\n/)
    .map(fieldsOf)
    .filter((fields) => words(fields['types']).includes('deb') && !/^(no|false|0)$/i.test(fields['enabled'] ?? ''))
    .map((fields) => ({
      uris: words(fields['uris']),
      suites: words(fields['suites']),
      components: words(fields['components']),
      options: trustOptions(Object.entries(fields)),
    }));
}

function fieldsOf(stanza: string): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  let current = '';
  for (const line of stanza.split('\n')) {
    if (line.startsWith('#')) continue;
    const field = /^([A-Za-z0-9-]+):\s*(.*)$/.exec(line);
    if (field) {
      current = (field[1] ?? '').toLowerCase();
      fields[current] = field[2] ?? '';
    } else if (/^[ \t]/.test(line) && current !== '') {
      fields[current] = `${fields[current] ?? ''}\n${line}`;
    }
  }
  return fields;
}

/** Reads the format of `*.list` (sources.list.5, "ONE-LINE-STYLE FORMAT"): `deb [signed-by=…] URI SUITE COMPONENT…`. */
export function parseOneLineSources(text: string): readonly AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?([^\s#]+)\s+([^\s#]+)\s*([^#]*)/.exec(line);
    if (!match) return [];
    const [, optionText = '', uri = '', suite = '', components] = match;
    const options = words(optionText).map((option) => {
      const equals = option.indexOf('=');
      return [option.slice(0, equals).toLowerCase(), option.slice(equals + 1)] as const;
    });
    return [{ uris: [uri], suites: [suite], components: words(components), options: trustOptions(options) }];
  });
}

/** Other fields choose architectures and languages, which is ours to say here. */
function trustOptions(fields: readonly (readonly [key: string, value: string])[]): Readonly<Record<string, string>> {
  const kept = /^(signed-by|trusted|check-valid-until|valid-until-.*|check-date|by-hash|allow-.*)$/;
  return Object.fromEntries(fields.filter(([key]) => kept.test(key)));
}

function words(text: string | undefined): readonly string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}

/** Firmware that boards cannot boot without (Raspberry Pi) is not in `main`. */
const wantedComponents: readonly string[] = ['main', 'non-free-firmware'];

/**
 * What of a host's sources belongs to Debian's own release `codename`: its main component and, where the host has
 * enabled that, the one with firmware; with updates and security fixes, but neither backports nor what other people publish for that release under names of their own.
 */
export function ofRelease(sources: readonly AptSource[], codename: string): readonly AptSource[] {
  const suffixes = ['', '-updates', '-security', '/updates'];
  const wanted = [codename, 'stable', 'oldstable'].flatMap((name) => suffixes.map((suffix) => `${name}${suffix}`));
  return sources
    .map((source) => ({
      ...source,
      uris: source.uris.filter((uri) => !uri.startsWith('cdrom:')),
      suites: source.suites.filter((suite) => wanted.includes(suite)),
      components: source.components.filter((component) => wantedComponents.includes(component)),
    }))
    .filter(({ uris, suites, components }) => uris.length > 0 && suites.length > 0 && components.length > 0);
}

/** Writes sources in deb822 format. One without a key of its own is to be signed by `keyring`, if that is given. */
export function formatSources(sources: readonly AptSource[], keyring: string | undefined): string {
  const stanzas = sources.map(({ uris, suites, components, options }) => {
    const hasKey = 'signed-by' in options || 'trusted' in options;
    const trust = hasKey || keyring === undefined ? options : { ...options, 'signed-by': keyring };
    return [
      'Types: deb',
      `URIs: ${uris.join(' ')}`,
      `Suites: ${suites.join(' ')}`,
      `Components: ${components.join(' ')}`,
      ...Object.entries(trust).map(([key, value]) => `${key}: ${value}`),
    ];
  });
  return stanzas.map((lines) => `${lines.join('\n')}\n`).join('\n');
}
