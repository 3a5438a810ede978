import { installHint, packageManager, type ToolName } from '../host/index.ts';
import { factsOf, formatNames, missingTools } from '../output/index.ts';
import type { Finding } from './finding.ts';

/** What every build starts. */
const packing: readonly ToolName[] = ['mksquashfs', 'depmod', 'xz'];
/** What fetches Debian packages; where they are missing, a container engine does. */
const fetching: readonly ToolName[] = ['apt-get', 'apt-cache', 'apt-config', 'dpkg-deb'];

/** Whether systems can be built here. `hasEngine`: a container engine answers. */
export async function examineBuilding(hasEngine: boolean, path: string | undefined): Promise<readonly Finding[]> {
  const forPackages = await missingTools(fetching);
  const packages: Finding =
    forPackages.length === 0
      ? { area: 'build', subject: 'packages', state: 'works', detail: 'apt fetches lkit’s own packages (pkg:…)' }
      : {
          area: 'build',
          subject: 'packages',
          state: hasEngine ? 'limited' : 'fails',
          detail: `${forPackages.join(', ')} missing: lkit’s own packages (pkg:…) need a container engine`,
          hint: installHint(forPackages, await packageManager(path)),
        };
  return [await examineTools(packing, path), packages];
}

/** Which formats can be written here, for which of the architectures that they exist for. */
export function examineFormats(path: string | undefined): Promise<readonly Finding[]> {
  return Promise.all(
    formatNames.map(async (format): Promise<Finding> => {
      const needs = Object.entries(factsOf(format).on);
      const missing = await missingTools(needs.flatMap(([, { tools }]) => tools));
      const works = needs
        .filter(([, { tools }]) => !tools.some((tool) => missing.includes(tool)))
        .map(([arch]) => arch);
      if (missing.length === 0) return { area: 'format', subject: format, state: 'works', detail: works.join(', ') };
      return {
        area: 'format',
        subject: format,
        state: works.length === 0 ? 'fails' : 'limited',
        detail: `${missing.join(', ')} missing${works.length === 0 ? '' : `; only for ${works.join(', ')}`}`,
        hint: installHint(missing, await packageManager(path)),
      };
    }),
  );
}

async function examineTools(names: readonly ToolName[], path: string | undefined): Promise<Finding> {
  const about = { area: 'build', subject: 'images' } as const;
  const missing = await missingTools(names);
  if (missing.length === 0) return { ...about, state: 'works', detail: `${names.join(', ')} pack images and kernels` };
  const hint = installHint(missing, await packageManager(path));
  return { ...about, state: 'fails', detail: `${missing.join(', ')} missing`, hint };
}
