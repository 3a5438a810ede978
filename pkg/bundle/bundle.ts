import { Faults } from '../errors/index.ts';
import { attachScript } from './attach.ts';
import { busNames } from './buses.ts';
import { makeConfig } from './config.ts';
import { bundleError, type Subject } from './error.ts';
import { toJson } from './json.ts';
import { effectiveKeys, type EffectiveKeys } from './keys.ts';
import { defaultMounts } from './mounts.ts';
import type { OciConfig } from './oci.ts';
import { prepareScript } from './prepare.ts';
import { type BundlePaths, makeRuntime } from './runtime.ts';
import { onbootSettings, serviceSettings } from './settings.ts';
import type { Bundle, BundleFile, BundleInput } from './types.ts';

/**
 * Everything of a container that lies on the guest's disk, except its image's tree: config.json (OCI runtime-spec
 * 1.0.2), LinuxKit's runtime.json, the scripts and settings that init follows, and the folders of the bundle.
 *
 * @throws {BundleError} at the key's or the container's place in the YAML; `LkitErrors` where several keys are wrong
 */
export function makeBundle(input: BundleInput): Bundle {
  const { section, index, container } = input;
  const subject: Subject = { section, container };
  const faults = new Faults();
  faults.check(() => {
    checkName(subject);
  });
  const keys = effectiveKeys(input.config.config ?? {}, input.label ?? {}, container);

  const folder = section === 'services' ? container.name : `${String(index).padStart(3, '0')}-${container.name}`;
  const title = `${section}/${folder}`;
  const paths = bundlePaths(title, keys.readonly, input.sharedTree);
  const isOurs = input.init !== 'linuxkit';
  const attach = faults.attempt(() => attachScript(subject, title, keys.runtime), undefined);
  const hook = isOurs && attach !== undefined ? `${paths.bundle}/attach` : undefined;
  const { ids, volumes = new Map() } = input;
  const config = makeConfig({ subject, keys, ids, volumes, rootfs: paths.rootfs, hook, faults });
  const buses = busNames(keys.devices);
  const [bus] = buses;
  if (!isOurs && bus !== undefined) faults.add(noBuses(subject, bus));
  faults.throwAny();
  const mountPoints = keys.readonly ? pointsToMake(config) : [];

  const relative = paths.bundle.slice(1);
  const files: BundleFile[] = [
    directory(relative),
    data(`${relative}/config.json`, toJson(config)),
    data(`${relative}/runtime.json`, toJson(makeRuntime(keys.runtime, paths, keys.readonly))),
    directory(`${relative}/rootfs`),
  ];
  if (!keys.readonly && input.sharedTree === undefined) files.push(directory(`${relative}/lower`));
  if (!keys.readonly || (isOurs && mountPoints.length > 0)) files.push(directory(`${relative}/tmp`));
  if (isOurs) {
    const { readonly, runtime } = keys;
    const prepare = prepareScript({ title, paths, readonly, runtime, mountPoints, buses });
    files.push(program(`${relative}/prepare`, prepare), ...settings(relative, input, keys, config));
    if (attach !== undefined) files.push(program(`${relative}/attach`, attach));
  }
  return { tree: paths.tree, files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

function noBuses(subject: Subject, bus: string): Error {
  const hint = 'Put pkg:init first under "init:".';
  return bundleError(subject, 'invalid-device', 'devices', `LinuxKit's init cannot find the I2C bus "${bus}"`, hint);
}

/** The runtimes take a name as the container's id, the guest takes it as a folder, the scripts as a word. */
function checkName(subject: Subject): void {
  const { name } = subject.container;
  if (/^\w[\w.+-]*$/.test(name)) return;
  const hint = 'A name is made of letters, digits and _ . + - and starts with a letter or a digit.';
  throw bundleError(subject, 'invalid-name', 'name', `"${name}" cannot be the id of a container`, hint);
}

function bundlePaths(title: string, readonly: boolean, sharedTree: string | undefined): BundlePaths {
  const bundle = `/containers/${title}`;
  const rootfs = `${bundle}/rootfs`;
  return { bundle, rootfs, tmp: `${bundle}/tmp`, tree: sharedTree ?? (readonly ? rootfs : `${bundle}/lower`) };
}

/**
 * What the runtime would make in the root if the image lacks it: mount points and the working directory. Those on top
 * of another mount are not the image's, and every image has the defaults' own.
 */
function pointsToMake(config: OciConfig): readonly string[] {
  const mounted = config.mounts.map(({ destination }) => destination);
  const defaults = defaultMounts(true).map(({ destination }) => destination);
  const isCovered = (point: string): boolean => mounted.some((other) => point.startsWith(`${other}/`) || other === '/');
  const points = mounted.filter((point) => !defaults.includes(point));
  const { cwd } = config.process;
  if (!mounted.includes(cwd)) points.push(cwd);
  return points.filter((point) => point !== '/' && !isCovered(point));
}

function settings(
  folder: string,
  { section, container }: BundleInput,
  keys: EffectiveKeys,
  { process }: OciConfig,
): readonly BundleFile[] {
  switch (section) {
    case 'onboot':
      return [data(`${folder}/onboot.conf`, onbootSettings(container))];
    case 'services':
      return [data(`${folder}/service.conf`, serviceSettings(container, keys.runtime.namespace, process))];
    case 'onshutdown':
      return [];
  }
}

function directory(path: string): BundleFile {
  return { path, mode: 0o755, uid: 0, gid: 0, content: { kind: 'directory' } };
}

function data(path: string, text: string): BundleFile {
  return { path, mode: 0o644, uid: 0, gid: 0, content: { kind: 'data', data: text } };
}

function program(path: string, text: string): BundleFile {
  return { ...data(path, text), mode: 0o755 };
}
