import assert from 'node:assert/strict';
import type { StoredImage } from '../../../pkg/image/index.ts';
import { volumeArchitectures } from '../../../pkg/plan/platforms.ts';
import { planVolume } from '../../../pkg/plan/volumes.ts';
import type { ImageSpec, VolumeSpec } from '../../../pkg/spec/index.ts';

const at = { file: 'lkit.yml', line: 7, column: 5 };
const image: ImageSpec = { text: 'pkg:seed', at, baseDir: '/' };
const digest = `sha256:${'a'.repeat(64)}` as const;
const stored: StoredImage = {
  descriptor: { mediaType: '', digest, size: 1 },
  manifest: { schemaVersion: 2, config: { mediaType: '', digest, size: 1 }, layers: [] },
  config: { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } },
};

function volume(overrides: Partial<VolumeSpec> = {}): VolumeSpec {
  const none = { image: undefined, readonly: false, format: 'filesystem', platforms: undefined } as const;
  return { name: 'data', at, ...none, ...overrides };
}

describe('planVolume', () => {
  const plan = (spec: VolumeSpec): ReturnType<typeof planVolume> =>
    planVolume(spec, new Map([[image, stored]]), new Map([[spec, [stored, stored]]]));
  const pathsOf = (spec: VolumeSpec): readonly string[] => plan(spec).files.map(({ path }) => path);

  it('gives a volume a folder for changes, and a read-only one none', () => {
    const base = 'containers/volumes/data';
    assert.deepEqual(pathsOf(volume()), [`${base}/lower`, `${base}/tmp`, `${base}/merged`]);
    assert.deepEqual(pathsOf(volume({ readonly: true })), [`${base}/lower`, `${base}/merged`]);
  });

  it("fills it with its image's tree, or with the images themselves", () => {
    const path = '/containers/volumes/data/lower';
    assert.deepEqual(plan(volume({ image })).tree, { name: 'data', image: stored, treatment: 'init', path });
    const layout = { name: 'data', reference: 'pkg:seed', images: [stored, stored], path };
    const planned = plan(volume({ image, format: 'oci' }));
    assert.deepEqual([planned.tree, planned.layout], [undefined, layout]);
  });

  it('leaves one without an image empty, whatever its format', () => {
    const { files, ...content } = plan(volume({ format: 'oci' }));
    assert.deepEqual([files, content], [plan(volume()).files, {}]);
  });
});

describe('volumeArchitectures', () => {
  it("is the system's own, unless the YAML names platforms", () => {
    assert.deepEqual(volumeArchitectures(volume(), 'arm64'), ['arm64']);
    assert.deepEqual(volumeArchitectures(volume({ platforms: [] }), 'arm64'), ['arm64']);
    const platforms = ['linux/amd64', 'linux/arm64/v8', 'linux/arm64'];
    assert.deepEqual(volumeArchitectures(volume({ platforms }), 'riscv64'), ['amd64', 'arm64']);
  });

  it('refuses a platform that there is not', () => {
    const refused = (platform: string): void => void volumeArchitectures(volume({ platforms: [platform] }), 'amd64');
    assert.throws(
      () => {
        refused('linux/amd46');
      },
      { code: 'unknown-platform', kind: 'input', at, hint: /linux\/amd64/ },
    );
    assert.throws(
      () => {
        refused('windows/386');
      },
      { code: 'unknown-platform', message: 'volume "data": there is no platform "windows/386"' },
    );
  });
});
