/** What quantities are measured in. `time` is seconds since 1970 in UTC, `number` has no unit. */
export type Unit = '°C' | 'Pa' | '%' | 'V' | 'A' | 'Ω' | 'time' | 'number';

/** Something that a device measures or holds, and that the YAML can set. */
export interface Quantity {
  readonly description: string;
  readonly unit: Unit;
  readonly minimum: number;
  readonly maximum: number;
  readonly default: number;
  /** The smallest difference that the device can tell, in the unit. */
  readonly resolution: number;
}

/** The value of each quantity, in its unit. */
export type Values = Readonly<Record<string, number>>;

/** A device's registers by their numbers, 0 to 255. Those that are left out are 0. */
export interface RegisterImage {
  /**
   * Bits in a register. A device of 8-bit registers counts on to the next one when more is read; one of 16-bit
   * registers sends the more significant byte first.
   */
  readonly width: 8 | 16;
  readonly values: ReadonlyMap<number, number>;
}

export interface EncodeContext {
  /** The kernel's driver will be bound, which sets some devices up in its own way. */
  readonly driver: boolean;
  /** What a memory holds, `capacity` bytes at most. */
  readonly content: Uint8Array;
}

/**
 * A device that lkit can emulate. A user's own is the default export of a JavaScript module: `model: ./my-sensor.js`.
 */
export interface DeviceModel {
  /** Small letters, digits and `-`. */
  readonly name: string;
  /** `pressure and temperature sensor` */
  readonly description: string;
  /** The document that the registers are from, with its sections. */
  readonly dataSheet: string;
  /** The addresses that the device can have on the bus. */
  readonly addresses: readonly number[];
  readonly quantities: Readonly<Record<string, Quantity>>;
  /** For a memory: bytes that `content:` fills. */
  readonly capacity?: number;
  /** The kernel's driver: its name for the device, and the modules that it is in. */
  readonly driver?: { readonly name: string; readonly modules: readonly string[] };
  /**
   * The registers of a device at rest that measures these values, every one of which is given and in its range.
   *
   * @throws {Error} when the values don't go together; the message is shown to the user
   */
  encode(values: Values, context: EncodeContext): RegisterImage;
  /**
   * What the registers say.
   *
   * @param given the values that the device was made with, for what the registers don't tell
   */
  decode(image: RegisterImage, given: Values): Values;
}
