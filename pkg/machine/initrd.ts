import { cpioStretches, readHostFile } from '../archive/index.ts';

/**
 * How many bytes of an initrd are archives that are not compressed, up to the first that is: an image's squashfs files
 * in lkit's packed layout, a microcode archive in front of a compressed initrd in others.
 */
export async function plainInitrdBytes(file: string): Promise<number> {
  const stretches = cpioStretches(readHostFile(file));
  for (;;) {
    const { done, value } = await stretches.next();
    if (done === true) return value;
  }
}
