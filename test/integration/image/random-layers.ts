import type { RawEntry } from '../../unit/archive/raw-tar.ts';

/** A sequence that is the same for the same seed (mulberry32). */
export function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/**
 * Layers of few names, so that they meet: files, directories, links of all kinds, whiteouts, opaque directories. Mostly
 * such as can be applied: files and directories seldom share names, and hard links name files that were there.
 */
export function randomLayers(seed: number): readonly (readonly RawEntry[])[] {
  const below = random(seed);
  const pick = <T>(choices: readonly T[]): T => choices[below(choices.length)] as T;
  const directory = (): string => Array.from({ length: 1 + below(2) }, () => pick(['a', 'b', 'c'])).join('/');
  const leaf = (): string =>
    `${below(4) === 0 ? '' : `${directory()}/`}${pick(below(40) === 0 ? ['a'] : ['x', 'y', 'z'])}`;
  const files: string[] = [];

  const entry = (layer: number): RawEntry => {
    const owner = { mtime: 1_000_000 + below(1000), uid: below(3), gid: below(3) };
    const name = leaf();
    switch (below(layer === 0 ? 9 : 14)) {
      case 0:
      case 1:
      case 2:
      case 3:
        files.push(name);
        return { ...owner, name, mode: pick([0o600, 0o644, 0o4711]), data: `${seed}.${layer}.${below(1000)}` };
      case 4:
      case 5:
        return { ...owner, name: `${directory()}/`, type: '5', mode: pick([0o700, 0o755, 0o1777]) };
      case 6:
        return { ...owner, name, type: '2', mode: 0o777, link: pick(['x', '../y', '/a/z', 'nowhere', '../../..']) };
      case 7: {
        const link = pick(['../b', '/c', 'b/a', '.', '/']);
        return { ...owner, name: below(3) === 0 ? directory() : `d${below(2)}`, type: '2', mode: 0o777, link };
      }
      case 8:
        return files.length === 0 ? { ...owner, name } : { ...owner, name, type: '1', link: pick(files) };
      case 9:
        return { ...owner, name: `${pick(['', `${directory()}/`])}.wh..wh..opq` };
      case 10:
        return { ...owner, name: directory().replace(/([^/]*)$/, '.wh.$1') };
      case 11:
        return { ...owner, name: `d${below(2)}/${name}`, data: 'through a symlink' };
      default:
        return { ...owner, name: name.replace(/([^/]*)$/, '.wh.$1') };
    }
  };

  const root = { name: './', type: '5', mode: 0o755, mtime: 1 };
  return Array.from({ length: 2 + below(3) }, (_, layer) => [
    ...(layer === 0 ? [root] : []),
    ...Array.from({ length: 3 + below(8) }, () => entry(layer)),
  ]);
}
