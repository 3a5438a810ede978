import type { Location } from '../errors/index.ts';
import type { Architecture } from '../image/index.ts';

/** One test: a machine and what is to happen in it. Matrices are expanded and variables replaced. */
export interface TestCase {
  /** With the matrix' values in brackets: `boots [memory=128M]`. Unique in its file. */
  readonly name: string;
  /** Where its name stands. */
  readonly at: Location;
  /** The folder that relative paths are relative to. */
  readonly baseDir: string;
  readonly image: TestImage;
  readonly machine: TestMachine;
  readonly timeoutMs: number;
  /** How long the console may say nothing while a step waits for the guest. */
  readonly silenceMs: number;
  /** Containers whose failure does not fail the test. */
  readonly mayFail: readonly string[];
  readonly steps: readonly Step[];
}

export type TestImage =
  | {
      readonly kind: 'build';
      /** YAML files, merged in order. Absolute paths. */
      readonly files: readonly string[];
      /** Takes the place of the YAML's `kernel: image:`. */
      readonly kernel: string | undefined;
      /** @default the host's */
      readonly arch: Architecture | undefined;
    }
  /** `prefix`: absolute, as `lkit run` takes it. */
  | { readonly kind: 'built'; readonly prefix: string; readonly arch: Architecture | undefined };

export interface TestMachine {
  readonly memoryMiB: number;
  readonly cpus: number;
  /** Added to the kernel's command line; may be empty. */
  readonly cmdline: string;
  /** As `lkit run -disk` takes them. */
  readonly disks: readonly string[];
  readonly publish: readonly PublishRequest[];
}

/** A port of the guest to reach. */
export interface PublishRequest {
  readonly guest: number;
  /** `HOST:GUEST` as `lkit run -publish` takes it; `undefined` lets lkit find a free port. */
  readonly written: string | undefined;
}

export type Step = StepPlace & Action;

export interface StepPlace {
  readonly at: Location;
  /** How reports call it: its name, or its action in a few words. */
  readonly title: string;
  /** @default what is left of the test's time */
  readonly timeoutMs: number | undefined;
}

export type Action =
  | { readonly kind: 'console'; readonly expected: Expectation }
  | { readonly kind: 'type'; readonly text: string }
  | { readonly kind: 'service'; readonly service: string; readonly state: string }
  | RunAction
  | {
      readonly kind: 'http';
      readonly guestPort: number;
      readonly path: string;
      readonly status: number;
      readonly body: Expectation | undefined;
    }
  | ({ readonly kind: 'i2c'; readonly equals: number } & I2cRegister)
  | ({ readonly kind: 'setRegister'; readonly to: number } & I2cRegister)
  | {
      readonly kind: 'setValues';
      readonly device: DeviceName;
      /** Physical values as they are written: `temperature` → `40 °C`. */
      readonly values: ReadonlyMap<string, string>;
      /** What a model file of the user's is relative to. */
      readonly folder: string;
    }
  | { readonly kind: 'after'; readonly delayMs: number }
  | { readonly kind: 'powerOff' };

export interface RunAction {
  readonly kind: 'run';
  /** A script for the shell, or a program and its arguments. */
  readonly command: string | readonly string[];
  /** The service to run it in; `undefined`: outside of all containers. */
  readonly service: string | undefined;
  readonly exitCode: number;
  readonly stdout: Expectation | undefined;
  readonly stderr: Expectation | undefined;
  readonly retry: boolean;
}

export interface I2cRegister {
  /** Name or number. */
  readonly bus: string;
  readonly address: number;
  readonly register: number;
  readonly width: 'byte' | 'word';
}

/** What a text has to be. */
export type Expectation =
  | { readonly kind: 'contains'; readonly text: string }
  | { readonly kind: 'matches'; readonly pattern: RegExp }
  | { readonly kind: 'equals'; readonly text: string }
  /** The number that the pattern's first group captures. */
  | { readonly kind: 'near'; readonly pattern: RegExp; readonly value: number; readonly tolerance: number };

/** An emulated device, by the name that the YAML gives it, or by its place. */
export type DeviceName = { readonly name: string } | { readonly bus: string; readonly address: number };
