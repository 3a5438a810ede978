import type { Location } from '../errors/index.ts';

/** The emulated devices as the user wrote them: of the right form, not yet measured against models. */
export interface HardwareSpec {
  readonly at: Place;
  readonly i2c: readonly I2cBusSpec[];
  readonly scenarios: readonly ScenarioSpec[];
  readonly trace: boolean;
}

/** A stretch of a file, for diagnostics. */
export interface Place {
  readonly at: Location;
  readonly end: { readonly line: number; readonly column: number };
}

/** A value and where it stands. */
export interface Placed<Value> extends Place {
  readonly value: Value;
}

/** A value of a mapping with the key before it. */
export interface PlacedEntry<Value> extends Placed<Value> {
  readonly key: Placed<string>;
}

export interface I2cBusSpec {
  readonly name: Placed<string>;
  readonly devices: readonly I2cDeviceSpec[];
}

export interface I2cDeviceSpec {
  readonly place: Place;
  readonly address: Placed<number>;
  readonly name: Placed<string> | undefined;
  readonly model: Placed<string> | undefined;
  readonly dump: Placed<string> | undefined;
  readonly content: Placed<string> | undefined;
  /** Keys are registers or ranges as written: `0x10`, `0x10-0x1f`. */
  readonly registers: readonly PlacedEntry<number | readonly number[]>[];
  readonly words: readonly PlacedEntry<number | readonly number[]>[];
  readonly driver: Placed<boolean> | undefined;
  /** The model's own keys. */
  readonly quantities: readonly PlacedEntry<string | number>[];
  /** Absolute path of the folder that files are relative to. */
  readonly baseDir: string;
}

export interface ScenarioSpec {
  readonly name: Placed<string>;
  readonly start: 'boot' | 'manual';
  /** A text, or a regular expression between slashes: the line of the console that starts it. */
  readonly onConsole: Placed<string> | undefined;
  readonly after: readonly string[];
  /** 0 is without end. */
  readonly repeat: number;
  readonly everyMs: Placed<number>;
  readonly seed: number;
  readonly steps: readonly ScenarioStepSpec[];
}

export interface ScenarioStepSpec {
  readonly kind: 'set' | 'ramp' | 'noise';
  readonly atMs: number;
  readonly overMs: number;
  readonly device: Placed<string>;
  readonly quantities: readonly PlacedEntry<string | number>[];
}
