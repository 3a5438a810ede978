import { extractUcode } from '../kernel/index.ts';
import type { Plan } from '../plan/index.ts';
import type { PackingContext } from './context.ts';
import { type SizedFile, sizedFile } from './sized-file.ts';

/** Only x86 takes microcode from the initrd; a YAML that serves several architectures may name it for all. */
export async function microcode(
  { arch, kernel }: Plan,
  { store, run }: PackingContext,
): Promise<SizedFile | undefined> {
  if (kernel?.ucode === undefined || arch !== 'amd64') return undefined;
  const { image, ucode, at } = kernel;
  return await run(async () => sizedFile(await extractUcode(store, { image, ucode, at })));
}
