import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

const intervalMs = 200;

/**
 * Tells how many bytes lie in a folder that another program downloads into, until the returned function is called.
 */
export function watchDownloads(folder: string, tell: (bytes: number) => void): () => void {
  const timer = setInterval(() => {
    bytesIn(folder).then(tell, () => undefined);
  }, intervalMs);
  return () => {
    clearInterval(timer);
  };
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder)) bytes += (await stat(path.join(folder, name))).size;
  return bytes;
}
