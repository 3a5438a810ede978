import type { ContainerSpec, FileSpec, HardwareSpec, ImageSpec, KernelSpec, ServiceSpec, Spec } from '../spec/index.ts';
import { compileHardware, type EmulatedHardware } from './compile.ts';
import { HardwareError } from './error.ts';
import { Findings } from './findings.ts';
import { guestFiles, guestFolder } from './guest-files.ts';
import { hex } from './hex.ts';
import { loadFiles } from './load.ts';
import type { Diagnostic } from '../spec/index.ts';
import type { CompiledScenario } from './scenario.ts';

/** The package whose scripts make the hardware and play scenarios. */
const image = 'pkg:hardware';

/** Everything that there is to say about the hardware of a specification. Reads the files that it names. */
export async function checkHardware(hardware: HardwareSpec): Promise<readonly Diagnostic[]> {
  const findings = new Findings();
  compileHardware(hardware, await loadFiles(hardware, findings), findings);
  return findings.diagnostics;
}

/**
 * The specification with `hardware` turned into ordinary parts: an onboot container before all others that makes the
 * devices, a service for each scenario, and the files that they work from. For containers that load i2c-stub themselves,
 * with a kernel that has it.
 *
 * @throws {HardwareError}
 */
export async function withHardware(spec: Spec, arch: string): Promise<Spec> {
  const { hardware } = spec;
  if (!hardware) return loadsStub(spec) ? { ...spec, kernel: spec.kernel && withStub(spec.kernel, arch) } : spec;
  const findings = new Findings();
  const emulated = compileHardware(hardware, await loadFiles(hardware, findings), findings);
  if (findings.hasErrors()) throw HardwareError.of(findings.diagnostics);
  if (emulated.buses.length === 0) return spec;
  const services = emulated.scenarios.map((scenario) => scenarioService(scenario, hardware));
  const taken = spec.services.find(({ name }) => services.some((service) => service.name === name));
  if (taken) {
    throw new HardwareError('name-taken', `a scenario makes a service of the name "${taken.name}", and there is one`, {
      kind: 'input',
      at: taken.at,
    });
  }
  return {
    ...spec,
    kernel: spec.kernel && withStub(spec.kernel, arch),
    onboot: [onbootContainer(emulated, hardware), ...spec.onboot],
    services: [...spec.services, ...services],
    files: [...files(emulated, hardware), ...spec.files],
  };
}

/** Whether a container of one's own makes devices with i2c-stub, by load_modules. */
function loadsStub({ onboot, services }: Spec): boolean {
  return [...onboot, ...services].some(({ command = [] }) => command.some((word) => /^i2c[-_]stub$/.test(word)));
}

/** Debian's kernels for arm64 lack i2c-stub; a package beside the usual one has it. */
function withStub(kernel: KernelSpec, arch: string): KernelSpec {
  if (arch !== 'arm64' || kernel.image.text !== 'pkg:kernel') return kernel;
  return { ...kernel, image: { ...kernel.image, text: 'pkg:kernel_i2c' } };
}

/** The modules among its arguments are those that the build keeps (label `org.lkit.modules.from`). */
function onbootContainer({ buses, trace }: EmulatedHardware, hardware: HardwareSpec): ContainerSpec {
  const devices = buses.flatMap((bus) => bus.devices);
  const addresses = devices.map(({ address }) => hex(address)).join(',');
  const drivers = new Set(devices.flatMap(({ driver }) => driver?.modules ?? []));
  return {
    ...container('hardware', hardware),
    command: [
      '/usr/bin/hardware',
      ...(trace ? ['--trace'] : []),
      'i2c-dev',
      'i2c-stub',
      `chip_addr=${addresses}`,
      ...drivers,
    ],
  };
}

function scenarioService(scenario: CompiledScenario, hardware: HardwareSpec): ServiceSpec {
  const { name, start, repeat, lengthMs, after } = scenario;
  const onConsole = typeof start === 'object';
  const buses = new Set(scenario.reset.map(({ bus }) => bus));
  return {
    ...container(`scenario-${name}`, hardware),
    command: ['/usr/bin/scenario'],
    env: [
      ...['PATH=/bin', `NAME=${name}`, `REPEAT=${repeat}`, `LENGTH_MS=${lengthMs}`],
      ...(onConsole ? ['WHEN=console', `GREP=${start.option}`, `PATTERN=${start.pattern}`] : [`WHEN=${start}`]),
    ],
    capabilities: [],
    binds: [
      ...[`${guestFolder}:${guestFolder}:ro`, '/run/lkit/hardware:/run/lkit/hardware'],
      ...(onConsole ? ['/var/log:/var/log:ro'] : []),
    ],
    devices: [...buses].map((i2c) => ({ i2c })),
    restart: 'no',
    restartDelayMs: undefined,
    dependsOn: after.length > 0 ? after : undefined,
    healthcheck: undefined,
  };
}

function container(name: string, { at: { at } }: HardwareSpec): ContainerSpec {
  const from: ImageSpec = { text: image, at, baseDir: '/' };
  return { name, image: from, at, onFailure: undefined };
}

function files(emulated: EmulatedHardware, { at: { at } }: HardwareSpec): readonly FileSpec[] {
  return [...guestFiles(emulated)].map(([name, text]) => ({
    path: `${guestFolder.slice(1)}/${name}`,
    at,
    content: { kind: 'text', text },
    mode: 0o644,
    uid: 0,
    gid: 0,
  }));
}
