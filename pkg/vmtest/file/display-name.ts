import path from 'node:path';

/** What messages call a file: relative to the folder that it is below, else absolute. */
export function displayName(file: string, folder: string): string {
  const relative = path.relative(folder, file);
  return relative.startsWith('..') ? file : relative;
}
