import { LkitError, nearest } from '../errors/index.ts';
import type { Architecture } from '../image/index.ts';
import type { VolumeSpec } from '../spec/index.ts';

export type VolumeErrorCode = 'unknown-platform';

/** A volume that cannot be made. */
export class VolumeError extends LkitError<VolumeErrorCode> {}

const architectures: Readonly<Record<string, Architecture>> = {
  'linux/amd64': 'amd64',
  'linux/arm64': 'arm64',
  'linux/arm64/v8': 'arm64',
  'linux/riscv64': 'riscv64',
};

/**
 * The architectures whose images a volume of `format: oci` holds, each once, in the YAML's order.
 *
 * @param system what it holds when the YAML names no platforms
 * @throws {VolumeError} `unknown-platform`
 */
export function volumeArchitectures(volume: VolumeSpec, system: Architecture): readonly Architecture[] {
  const { platforms = [] } = volume;
  if (platforms.length === 0) return [system];
  return [...new Set(platforms.map((platform) => architectureOf(platform, volume)))];
}

function architectureOf(platform: string, { name, at }: VolumeSpec): Architecture {
  const architecture = architectures[platform];
  if (architecture !== undefined) return architecture;
  const known = Object.keys(architectures);
  const near = nearest(platform, known);
  throw new VolumeError('unknown-platform', `volume "${name}": there is no platform "${platform}"`, {
    kind: 'input',
    at,
    hint: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `Platforms: ${known.join(', ')}.`,
  });
}
