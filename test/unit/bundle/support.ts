import assert from 'node:assert/strict';
import {
  type Bundle,
  BundleError,
  type BundleErrorCode,
  type BundleInput,
  makeBundle,
} from '../../../pkg/bundle/index.ts';
import type { ExecutionConfig, ImageConfig } from '../../../pkg/image/index.ts';
import type { ContainerSpec, RuntimeKeys, ServiceSpec } from '../../../pkg/spec/index.ts';

export const at = { file: 'lkit.yml', line: 7, column: 5 };

/** A service of the YAML with nothing but what is asked for. */
export function service(keys: Partial<ServiceSpec> = {}): ServiceSpec {
  const image = { text: 'alpine', at, baseDir: '/' };
  const own = { restart: undefined, restartDelayMs: undefined, dependsOn: undefined, healthcheck: undefined };
  return { name: 'web', image, at, onFailure: undefined, ...own, ...keys };
}

export function imageConfig(config: ExecutionConfig = { Entrypoint: ['/bin/app'] }): ImageConfig {
  return { architecture: 'amd64', os: 'linux', config, rootfs: { type: 'layers', diff_ids: [] } };
}

export interface Given extends Partial<Omit<BundleInput, 'container' | 'config'>> {
  readonly image?: ExecutionConfig;
}

export function bundle(keys: Partial<ContainerSpec & ServiceSpec> = {}, { image, ...input }: Given = {}): Bundle {
  const container = service(keys);
  return makeBundle({ section: 'services', index: 0, container, config: imageConfig(image), ids: new Map(), ...input });
}

/** The text of a file of the bundle, by its name in the bundle's folder. */
export function text({ files }: Bundle, name: string): string {
  const file = files.find(({ path }) => path.endsWith(`/${name}`));
  assert.ok(file?.content.kind === 'data', `the bundle has no file ${name}`);
  return file.content.data;
}

/** The part of a bundle's config.json that a path such as `linux.namespaces` leads to. */
export function configPart(made: Bundle, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | undefined)?.[key],
      JSON.parse(text(made, 'config.json')),
    );
}

export function runtimeFile(made: Bundle): Record<string, unknown> {
  return JSON.parse(text(made, 'runtime.json')) as Record<string, unknown>;
}

/** Expects a `BundleError` with this code, message and hint, at the container's place. */
export function refuses(make: () => unknown, code: BundleErrorCode, message: string, hint?: string): void {
  assert.throws(make, (error: unknown) => {
    assert.ok(error instanceof BundleError, String(error));
    assert.equal(error.message, message);
    assert.equal(error.code, code);
    assert.equal(error.hint, hint);
    assert.equal(error.kind, 'input');
    assert.deepEqual(error.at, at);
    return true;
  });
}

/** The keys of an image entry, as in its YAML. */
export type Keys = RuntimeKeys;
