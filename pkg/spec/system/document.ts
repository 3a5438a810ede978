import type {
  BusDeviceSpec,
  ContainerSpec,
  DeviceSpec,
  FileSpec,
  ImageSpec,
  KernelSpec,
  MountSpec,
  RuntimeKeys,
  ServiceSpec,
  Spec,
  VolumeSpec,
} from '../types.ts';
import { durationText } from './duration.ts';
import { hardwareDocument } from './hardware.ts';

export interface DocumentOptions {
  /** What to write for an image, such as its reference with a digest. @default the image as the user named it */
  readonly resolveImage?: (image: ImageSpec) => string;
  /** What to write for a file to copy. @default its path as the user wrote it */
  readonly resolveSource?: (path: string, baseDir: string) => string;
}

type Document = Readonly<Record<string, unknown>>;

/** The YAML's keys and values of a specification: what `parseSpec` would read it from. Empty sections are left out. */
export function toDocument(spec: Spec, options: DocumentOptions = {}): Document {
  const sections = {
    kernel: spec.kernel && kernel(spec.kernel, options),
    init: spec.init.map(options.resolveImage ?? (({ text }) => text)),
    onboot: spec.onboot.map((each) => container(each, options)),
    onshutdown: spec.onshutdown.map((each) => container(each, options)),
    services: spec.services.map((each) => service(each, options)),
    files: spec.files.map((each) => file(each, options)),
    volumes: spec.volumes.map((each) => volume(each, options)),
    hardware: spec.hardware && hardwareDocument(spec.hardware),
  };
  return present(sections, (value) => !Array.isArray(value) || value.length > 0);
}

/** Without the keys that have no value. */
function present(values: Document, keep: (value: unknown) => boolean = () => true): Document {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && keep(value)));
}

function image(spec: ImageSpec | undefined, { resolveImage }: DocumentOptions): Document {
  if (spec === undefined) return {};
  if (resolveImage) return { image: resolveImage(spec) };
  if (!spec.build) return { image: spec.text };
  const isPlain = Object.keys(spec.build).length === 1;
  return { build: isPlain ? spec.build.context : spec.build };
}

function kernel({ image: from, cmdline, binary, tar, ucode, modules }: KernelSpec, options: DocumentOptions): Document {
  return present({
    ...image(from, options),
    cmdline,
    binary,
    tar: tar ?? 'none',
    ucode,
    modules: modules?.map(({ name, parameters }) => `${name} ${parameters}`.trim()),
  });
}

function container({ name, image: from, onFailure, ...keys }: ContainerSpec, options: DocumentOptions): Document {
  return present({ name, ...image(from, options), onFailure, ...runtimeKeys(keys), at: undefined, places: undefined });
}

function service(spec: ServiceSpec, options: DocumentOptions): Document {
  const { restart, restartDelayMs, dependsOn, healthcheck, ...others } = spec;
  return {
    ...container(others, options),
    ...present({
      restart,
      restartDelay: restartDelayMs === undefined ? undefined : durationText(restartDelayMs),
      dependsOn,
      healthcheck: healthcheck && {
        command: healthcheck.command,
        interval: durationText(healthcheck.intervalMs),
        retries: healthcheck.retries,
      },
    }),
  };
}

function runtimeKeys({ capabilitiesAdd, bindsAdd, mounts, devices, runtime, ...others }: RuntimeKeys): Document {
  return present({
    ...others,
    'capabilities.add': capabilitiesAdd,
    'binds.add': bindsAdd,
    mounts: mounts?.map(mount),
    devices: devices?.map(device),
    runtime: runtime && present({ ...runtime, mounts: runtime.mounts?.map(mount) }),
  });
}

function device(spec: DeviceSpec | BusDeviceSpec): unknown {
  if ('i2c' in spec) return `i2c:${spec.i2c}`;
  const { mode, ...others } = spec;
  return { ...others, ...(mode !== '' && { mode }) };
}

function mount({ destination, uidMappings, gidMappings, ...others }: MountSpec): Document {
  const at = destination === '' ? undefined : destination;
  return present({ destination: at, ...others, uidmappings: uidMappings, gidmappings: gidMappings });
}

function file({ path, content, mode, uid, gid }: FileSpec, { resolveSource }: DocumentOptions): Document {
  return { path, ...fileContent(content, resolveSource), mode: mode.toString(8).padStart(4, '0'), uid, gid };
}

function fileContent(content: FileSpec['content'], resolveSource: DocumentOptions['resolveSource']): Document {
  switch (content.kind) {
    case 'text':
      return { contents: content.text };
    case 'source':
      return {
        source: resolveSource?.(content.path, content.baseDir) ?? content.path,
        ...(content.optional && { optional: true }),
      };
    case 'metadata':
      return { metadata: content.format };
    case 'symlink':
      return { symlink: content.target };
    case 'directory':
      return { directory: true };
  }
}

function volume({ name, image: from, readonly, format, platforms }: VolumeSpec, options: DocumentOptions): Document {
  return present({ name, ...image(from, options), readonly, format, platforms });
}
