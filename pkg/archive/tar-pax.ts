import { ArchiveError } from './error.ts';

/** One record of a PAX extended header. Values are bytes: a file capability holds zeros, line ends and non-UTF-8. */
export type PaxRecord = readonly [key: string, value: Buffer];

/**
 * The records of a PAX extended header (POSIX pax, "pax Header Block"), `LENGTH KEY=VALUE\n` each.
 *
 * @throws {ArchiveError} `invalid-pax`
 */
export function parsePax(bytes: Buffer): readonly PaxRecord[] {
  const records: PaxRecord[] = [];
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const digits = space < 0 || space - at > 10 ? '' : bytes.toString('latin1', at, space);
    const end = at + Number(digits);
    if (!/^\d+$/.test(digits) || end > bytes.length || end <= space + 1 || bytes[end - 1] !== 0x0a) {
      throw new ArchiveError('invalid-pax', `record ${records.length + 1} of its PAX header has a wrong length`);
    }
    const equals = bytes.indexOf(0x3d, space + 1);
    if (equals <= space + 1 || equals >= end - 1) {
      throw new ArchiveError('invalid-pax', `record ${records.length + 1} of its PAX header has no key`);
    }
    records.push([bytes.toString('latin1', space + 1, equals), bytes.subarray(equals + 1, end - 1)]);
    at = end;
  }
  return records;
}

/** The inverse of `parsePax`. */
export function formatPax(records: readonly PaxRecord[]): Buffer {
  return Buffer.concat(
    records.map(([key, value]) => {
      const rest = Buffer.concat([Buffer.from(` ${key}=`, 'latin1'), value, Buffer.from('\n')]);
      // The length counts its own digits.
      let length = rest.length + String(rest.length).length;
      length = rest.length + String(length).length;
      return Buffer.concat([Buffer.from(String(length)), rest]);
    }),
  );
}

const schily = 'SCHILY.xattr.';
const libarchive = 'LIBARCHIVE.xattr.';

/** Extended attributes among PAX records: star's (raw bytes) and, where only they are there, libarchive's (base64). */
export function paxXattrs(records: readonly PaxRecord[]): ReadonlyMap<string, Buffer> | undefined {
  const xattrs = new Map<string, Buffer>();
  for (const [key, value] of records) {
    // Copied: a view would keep the megabyte around it alive for as long as the entry.
    if (key.startsWith(schily)) xattrs.set(key.slice(schily.length), Buffer.from(value));
  }
  for (const [key, value] of records) {
    if (!key.startsWith(libarchive)) continue;
    const name = percentDecode(key.slice(libarchive.length));
    if (!xattrs.has(name)) xattrs.set(name, Buffer.from(value.toString('latin1'), 'base64'));
  }
  if (xattrs.has('')) throw new ArchiveError('invalid-pax', 'an extended attribute of it has no name');
  return xattrs.size === 0 ? undefined : xattrs;
}

function percentDecode(text: string): string {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
