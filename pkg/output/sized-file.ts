import { stat } from 'node:fs/promises';

/** A file of the store. */
export interface SizedFile {
  readonly file: string;
  /** Bytes. */
  readonly size: number;
}

export async function sizedFile(file: string): Promise<SizedFile> {
  const { size } = await stat(file);
  return { file, size };
}
