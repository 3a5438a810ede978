import { open, readFile } from 'node:fs/promises';

/** A tar header (POSIX pax, "ustar Interchange Format"): a file name may begin with a brace, but NULs follow it. */
const headBytes = 512;

/**
 * A file that may hold a JSON object, whole, however large; `undefined` for any other, of which no more than the
 * beginning is read.
 */
export async function readJsonObject(file: string): Promise<Buffer | undefined> {
  try {
    return (await beginsAsObject(file)) ? await readFile(file) : undefined;
  } catch {
    return undefined;
  }
}

async function beginsAsObject(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    const head = buffer.subarray(0, bytesRead);
    return head[0] === '{'.charCodeAt(0) && !head.includes(0);
  } finally {
    await handle.close();
  }
}
