import path from 'node:path';
import type { Architecture } from '../../image/index.ts';

/** What decides how the private apt behaves. */
export interface AptConfigurationInput {
  /** Absolute: everything that apt writes is below it. */
  readonly folder: string;
  readonly arch: Architecture;
  /** Lines of the host's own configuration to carry over. */
  readonly hostSettings: readonly string[];
  /** The host's folders and files of passwords for mirrors, those that can be read. */
  readonly netrc?: string | undefined;
  readonly netrcParts?: string | undefined;
}

/** The folders below `folder` that apt expects to exist. */
export const aptFolders = ['lists/partial', 'cache/archives/partial', 'trusted.gpg.d'] as const;

/**
 * An apt configuration that shares nothing with the host's packages: no root needed, any architecture, the host's
 * dpkg never looked at (apt.conf.5).
 */
export function aptConfiguration(input: AptConfigurationInput): string {
  const inFolder = (name: string): string => path.join(input.folder, name);
  const settings: readonly (readonly [key: string, value: string])[] = [
    ['Dir::State', input.folder],
    ['Dir::State::lists', inFolder('lists')],
    ['Dir::State::status', inFolder('status')],
    ['Dir::Cache', inFolder('cache')],
    ['Dir::Etc::sourcelist', '/dev/null'],
    ['Dir::Etc::sourceparts', inFolder('sources.list.d')],
    ['Dir::Etc::parts', '/dev/null'],
    ['Dir::Etc::main', '/dev/null'],
    ['Dir::Etc::preferences', inFolder('preferences')],
    ['Dir::Etc::preferencesparts', '/dev/null'],
    ['Dir::Etc::trusted', '/dev/null'],
    ['Dir::Etc::trustedparts', inFolder('trusted.gpg.d')],
    ['Dir::Etc::netrc', input.netrc ?? '/dev/null'],
    ['Dir::Etc::netrcparts', input.netrcParts ?? '/dev/null'],
    ['APT::Architecture', input.arch],
    // apt drops to a user who may not write to the store, and its locks need root: the store has its own.
    ['APT::Sandbox::User', ''],
    ['Debug::NoLocking', 'true'],
    ['APT::Get::List-Cleanup', 'true'],
    ['Acquire::Languages', 'none'],
    ['Acquire::Retries', '3'],
  ];
  return [
    ...input.hostSettings,
    ...settings.map(([key, value]) => `${key} "${value}";`),
    `APT::Architectures { "${input.arch}"; };`,
    '',
  ].join('\n');
}

/**
 * The host's settings for downloads (proxies, time-outs, dates) out of what `apt-config dump` prints. Not what says
 * which indexes to fetch and how to keep them.
 */
export function downloadSettings(dump: string): readonly string[] {
  const ours = /^Acquire::(IndexTargets|Languages|GzipIndexes|CompressionTypes|Changelogs|cdrom|Retries)\b/i;
  return dump.split('\n').filter((line) => /^Acquire::\S+ "[^"]+";$/.test(line) && !ours.test(line));
}

/** Prefers Debian's own packages over those of the same name that others publish (apt_preferences.5). */
export const aptPreferences = `Package: *
Pin: release o=Debian
Pin-Priority: 990
`;
