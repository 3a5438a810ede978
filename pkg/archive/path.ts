import type { BytePath } from './entry.ts';

/** The byte path of a name that is text: its UTF-8 bytes. */
export function bytePath(text: string): BytePath {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** For people: UTF-8 where it is, `\xNN` for bytes that are none and for control characters. */
export function displayPath(path: BytePath): string {
  const text = Buffer.from(path, 'latin1').toString('utf8');
  const readable = text.includes('\ufffd') ? path.replace(/[\x80-\xff]/g, escapeByte) : text;
  return readable.replace(/[\x00-\x1f\x7f]/g, escapeByte);
}

function escapeByte(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/**
 * A path in the form of `Entry.path`: no empty, `.` or `..` parts, the last resolved by name alone as Go's
 * `filepath.Clean` does. What climbs above the root stays at the root; `climbs` tells that it tried.
 */
export function cleanPath(raw: BytePath): { readonly path: BytePath; readonly climbs: boolean } {
  if (isClean(raw)) return { path: raw, climbs: false };
  const parts: string[] = [];
  let climbs = false;
  for (const part of raw.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined && !raw.startsWith('/')) climbs = true;
  }
  return { path: parts.join('/'), climbs };
}

/** True for nearly every path there is; only a hint, `false` is always safe. */
function isClean(path: BytePath): boolean {
  return !path.includes('//') && !path.startsWith('/') && !path.endsWith('/') && !/(^|\/)\.\.?(\/|$)/.test(path);
}

/** The directory that holds a path; the root's is the root itself. */
export function parentPath(path: BytePath): BytePath {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

/** A name with memory of its own. V8 has a piece of a long string hold on to the whole of it. */
export function ownName(name: BytePath): BytePath {
  return Buffer.from(name, 'latin1').toString('latin1');
}
