import path from 'node:path';
import { labels } from '../image/index.ts';
import { type BuildFile, checkArchitecture, PackageError } from '../package/index.ts';
import type { DockerfileBuild } from './dockerfile-context.ts';

/**
 * How a package's Dockerfile is built, by the keys of its `build.yml` (LinuxKit, docs/packages.md).
 *
 * @throws {PackageError} `wrong-architecture`, `invalid-key`
 */
export function packageBuild(folder: string, buildFile: BuildFile, arch: string): DockerfileBuild {
  const { image, dockerfile, network, disableCache, config, gitrepo, depends, locate } = buildFile;
  const invalid = (key: string, message: string, hint?: string): PackageError =>
    new PackageError('invalid-key', message, { kind: 'input', at: locate(key), hint });
  checkArchitecture(buildFile, arch);
  if (depends !== undefined) {
    throw invalid('depends', `package ${image}: "depends" is not supported`, 'Name the images in FROM lines instead.');
  }
  return {
    folder,
    dockerfile,
    network,
    noCache: disableCache,
    args: Object.fromEntries(
      buildFile.buildArgs.map((text) => {
        const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
        if (name !== undefined && value !== undefined && !value.startsWith('@lkt:')) return [name, value];
        throw invalid('buildArgs', `package ${image}: "${text}" is no build argument`, 'Write NAME=VALUE.');
      }),
    ),
    extra: buildFile.extraSources.map((text) => {
      const [from = '', to = '', ...more] = text.split(':');
      if (from === '' || to === '' || more.length > 0) {
        throw invalid('extra-sources', `package ${image}: "${text}" is no extra source`, 'Write SOURCE:DESTINATION.');
      }
      const place = path.posix.normalize(to);
      if (!place.startsWith('..') && !place.startsWith('/')) return { from: path.resolve(folder, from), to: place };
      throw invalid('extra-sources', `package ${image}: "${to}" leads out of the package`);
    }),
    labels: {
      ...(config !== undefined && { [labels.mobyConfig]: JSON.stringify(config) }),
      ...(gitrepo !== undefined && { 'org.opencontainers.image.source': gitrepo }),
    },
  };
}
