import path from 'node:path';

/** Where things are in a store. Absolute paths. */
export interface StoreFolders {
  readonly store: string;
  readonly blobs: string;
  readonly derived: string;
  readonly records: string;
  readonly state: string;
  readonly locks: string;
  /** One file for each process that has the store open. */
  readonly users: string;
  readonly temporaries: string;
  /** Beginnings of blobs whose download broke off. */
  readonly partials: string;
}

export function storeFolders(store: string): StoreFolders {
  const inside = (...names: readonly string[]): string => path.join(store, ...names);
  return {
    store,
    blobs: inside('blobs', 'sha256'),
    derived: inside('derived'),
    records: inside('records'),
    state: inside('state'),
    locks: inside('locks'),
    users: inside('locks', 'users'),
    temporaries: inside('tmp'),
    partials: inside('partial'),
  };
}
