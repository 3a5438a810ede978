import path from 'node:path';

/** The variables of the environment that say where the store is. */
export interface StoreEnvironment {
  readonly LKIT_CACHE?: string | undefined;
  readonly XDG_CACHE_HOME?: string | undefined;
}

/**
 * Where the store is unless the user says otherwise: `$LKIT_CACHE`, else `lkit` below `$XDG_CACHE_HOME`, else below
 * `~/.cache`. An empty variable counts as unset, and so does a relative `XDG_CACHE_HOME` (XDG base directory
 * specification: "consider the path invalid and ignore it").
 */
export function defaultStoreDirectory(env: StoreEnvironment, home: string): string {
  if (env.LKIT_CACHE !== undefined && env.LKIT_CACHE !== '') return path.resolve(env.LKIT_CACHE);
  const xdg = env.XDG_CACHE_HOME;
  return path.join(xdg !== undefined && path.isAbsolute(xdg) ? xdg : path.join(home, '.cache'), 'lkit');
}
