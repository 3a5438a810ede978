import type { BuildOptions } from '../../pkg/build/index.ts';

/** What must not change a build, changed from one to the next. */
const surroundings = [
  { TZ: 'Pacific/Kiritimati', LANG: 'C.UTF-8', umask: 0o022 },
  { TZ: 'America/St_Johns', LANG: 'tr_TR.UTF-8', umask: 0o077 },
] as const;

/** `lkit build --check-reproducible`: gives the sentence that tells that it is. */
export async function checkAndTell(
  options: Omit<BuildOptions, 'dir' | 'lock' | 'output'>,
  root: string,
): Promise<string> {
  const { checkReproducible } = await import('../../pkg/build/index.ts');
  const files = await checkReproducible({
    ...options,
    root,
    vary: (build) => {
      const { umask, ...variables } = surroundings[build];
      Object.assign(process.env, variables);
      process.umask(umask);
    },
  });
  return `${files.length} files are identical in two builds from nothing: ${files.join(', ')}\n`;
}
