import { stat } from 'node:fs/promises';
import path from 'node:path';
import { badInput } from './error.ts';
import type { Share } from './types.ts';

const example = 'Examples: ./src, ./src:code, /srv/data:data:ro.';
/** 9p's and virtiofs's limits are 31 and 36 bytes. */
const tagPattern = /^[\w.-]{1,31}$/;

/**
 * lkit's `--share DIR[:TAG][:ro]`: without a TAG the folder's own name. LinuxKit's `-virtiofs DIR`, whose tags are
 * `virtiofs0`, `virtiofs1`, …
 *
 * @param folder what relative paths are relative to
 * @throws {MachineError} `bad-share`
 */
export function parseShares(shared: readonly string[], virtiofs: readonly string[], folder: string): readonly Share[] {
  const shares = [
    ...shared.map((text) => parseShare(text, folder)),
    ...virtiofs.map((text, index): Share => {
      if (text === '' || text.includes(',')) {
        const hint = 'Example: -virtiofs ./src; a comma cannot be in the name.';
        throw badInput('bad-share', `-virtiofs "${text}" is not a folder that virtiofsd can serve`, hint);
      }
      const tag = `virtiofs${index}`;
      return { folder: path.resolve(folder, text), tag, readOnly: false, transport: 'virtiofs' };
    }),
  ];
  const seen = new Set<string>();
  for (const { tag } of shares) {
    if (seen.has(tag))
      throw badInput('bad-share', `two shared folders are called ${tag}`, `Name one: DIR:TAG. ${example}`);
    seen.add(tag);
  }
  return shares;
}

function parseShare(text: string, folder: string): Share {
  const [, named = '', readOnly] = /^(.*?)(:ro)?$/.exec(text) ?? [];
  const colon = named.lastIndexOf(':');
  const where = path.resolve(folder, colon < 0 ? named : named.slice(0, colon));
  const tag = colon < 0 ? path.basename(where) : named.slice(colon + 1);
  if (named === '' || colon === 0) throw badInput('bad-share', `--share "${text}" names no folder`, example);
  if (!tagPattern.test(tag) || /^\.+$/.test(tag)) {
    const hint = `A tag has letters, digits, ".", "_" and "-", at most 31. ${example}`;
    throw badInput('bad-share', `--share "${text}": "${tag}" cannot be the tag of a shared folder`, hint);
  }
  return { folder: where, tag, readOnly: readOnly !== undefined };
}

/** @throws {MachineError} `bad-share` for a share that is no folder */
export async function requireFolders(shares: readonly Share[]): Promise<void> {
  for (const share of shares) {
    const status = await stat(share.folder).catch(() => undefined);
    if (status?.isDirectory() === true) continue;
    throw badInput('bad-share', `there is no folder ${share.folder} to share`, example);
  }
}

/** What the kernel's command line says about them; pkg:init mounts each on `/mnt/TAG`. */
export function shareParameters(shares: readonly Share[]): readonly string[] {
  return shares.map(({ tag, readOnly }) => `lkit.share=${tag}${readOnly ? ':ro' : ''}`);
}
