import type { Architecture } from '../../image/index.ts';

/** A test file's values after validation, with the YAML's own names. */
export interface WrittenFile extends WrittenSettings {
  readonly tests: readonly WrittenTest[];
}

export interface WrittenTest extends WrittenSettings {
  readonly name: string;
  readonly steps: readonly (WrittenStep | 'powerOff')[];
}

/** What can stand beside `tests` as well as in each of them. */
export interface WrittenSettings extends WrittenChoice {
  readonly disks?: readonly string[];
  readonly publish?: readonly (number | string)[];
  readonly timeout?: string;
  readonly silence?: string;
  readonly mayFail?: readonly string[];
  readonly variables?: Readonly<Record<string, WrittenValue>>;
  readonly matrix?: WrittenMatrix;
}

/** What a matrix can have several values for. */
export interface WrittenChoice {
  readonly image?: string | readonly string[];
  readonly kernel?: string;
  readonly arch?: Architecture;
  readonly memory?: number | string;
  readonly cpus?: number;
  readonly cmdline?: string;
}

export type WrittenMatrix = { readonly [Key in keyof WrittenChoice]?: readonly Required<WrittenChoice>[Key][] } & {
  readonly variables?: Readonly<Record<string, readonly WrittenValue[]>>;
};

export type WrittenValue = string | number | boolean;

export type WrittenExpectation =
  | string
  | {
      readonly match?: string;
      readonly equals?: string;
      readonly near?: number;
      readonly within?: number;
    };

export interface WrittenStep {
  readonly name?: string;
  readonly timeout?: string;
  readonly console?: WrittenExpectation;
  readonly type?: string;
  readonly service?: { readonly name: string; readonly state?: string };
  readonly run?: string | WrittenRun;
  readonly http?: {
    readonly publish?: number;
    readonly path?: string;
    readonly status?: number;
    readonly body?: WrittenExpectation;
  };
  readonly i2c?: WrittenRegister & { readonly equals: number };
  readonly set?: WrittenSet;
  readonly after?: string;
  readonly powerOff?: string;
}

export interface WrittenRun {
  readonly command: string | readonly string[];
  readonly in?: string;
  readonly exit?: number;
  readonly stdout?: WrittenExpectation;
  readonly stderr?: WrittenExpectation;
  readonly retry?: boolean;
}

export interface WrittenRegister {
  readonly bus: string | number;
  readonly address: number;
  readonly register: number;
  readonly width?: 'byte' | 'word';
}

/** A register and its value, or a device and its quantities. */
export type WrittenSet = Partial<WrittenRegister> & {
  readonly device?: string;
  readonly to?: number;
  readonly [quantity: string]: WrittenValue | undefined;
};

/** The keys of `set` that are no quantities. */
export const setKeys = ['device', 'bus', 'address', 'register', 'to', 'width'] as const;

/** The keys of a step that say what it does. */
export const actionNames = ['console', 'type', 'service', 'run', 'http', 'i2c', 'set', 'after', 'powerOff'] as const;
export type ActionName = (typeof actionNames)[number];
