import { alternatives, quoted } from '../spec/index.ts';
import type { Quantity, Unit } from './model.ts';

interface Scale {
  readonly factor: number;
  readonly offset?: number;
}

/** How each unit may be written; the first is the unit itself. */
const spellings: Readonly<Record<Exclude<Unit, 'time' | 'number'>, Readonly<Record<string, Scale>>>> = {
  '°C': {
    '°C': { factor: 1 },
    degC: { factor: 1 },
    C: { factor: 1 },
    K: { factor: 1, offset: -273.15 },
    '°F': { factor: 5 / 9, offset: -160 / 9 },
    degF: { factor: 5 / 9, offset: -160 / 9 },
    F: { factor: 5 / 9, offset: -160 / 9 },
  },
  Pa: {
    Pa: { factor: 1 },
    hPa: { factor: 100 },
    kPa: { factor: 1000 },
    mbar: { factor: 100 },
    bar: { factor: 100_000 },
  },
  '%': { '%': { factor: 1 }, '%RH': { factor: 1 } },
  V: { V: { factor: 1 }, mV: { factor: 1e-3 }, µV: { factor: 1e-6 }, uV: { factor: 1e-6 } },
  A: { A: { factor: 1 }, mA: { factor: 1e-3 }, µA: { factor: 1e-6 }, uA: { factor: 1e-6 } },
  Ω: {
    Ω: { factor: 1 },
    Ohm: { factor: 1 },
    ohm: { factor: 1 },
    mΩ: { factor: 1e-3 },
    mOhm: { factor: 1e-3 },
    mohm: { factor: 1e-3 },
  },
};

export type Parsed = { readonly value: number } | { readonly problem: string; readonly hint?: string };

/**
 * The value, in the quantity's own unit, of a text such as `25.08 °C`, `1006.53 hPa`, `2026-03-01T12:00:00Z`. A number
 * without a unit is one only where there is none to forget.
 *
 * @param kind a `deviation` is a difference: no time, no offset between scales, not bound to the range
 */
export function parseQuantity(
  written: string | number,
  quantity: Quantity,
  kind: 'value' | 'deviation' = 'value',
): Parsed {
  const parsed =
    quantity.unit === 'time' && kind === 'value' ? parseTime(written) : parseNumber(written, quantity, kind);
  if ('problem' in parsed || kind === 'deviation') return parsed;
  const { minimum, maximum } = quantity;
  // Degrees of other scales are not exact.
  const tolerance = 1e-9 * Math.max(1, Math.abs(maximum));
  if (parsed.value >= minimum - tolerance && parsed.value <= maximum + tolerance) return parsed;
  const range = `${formatQuantity(minimum, quantity)} to ${formatQuantity(maximum, quantity)}`;
  return { problem: `${quoted(String(written))} is outside of the device's range, ${range}` };
}

function parseNumber(written: string | number, quantity: Quantity, kind: 'value' | 'deviation'): Parsed {
  const text = String(written).trim().replace('μ', 'µ').replace('Ω', 'Ω').replace('º', '°');
  const match = /^([-+−]?(?:0x[0-9a-f]+|(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?))\s*(.*)$/i.exec(text);
  const { unit } = quantity;
  const isPlain = unit === 'number' || unit === 'time';
  if (!match) {
    const example = isPlain ? String(quantity.default) : formatQuantity(quantity.default, quantity);
    return { problem: `${quoted(text)} is not a value such as ${quoted(example)}` };
  }
  const amount = Number((match[1] ?? '').replace('−', '-').replace('+', ''));
  const suffix = match[2] ?? '';
  if (isPlain) {
    const isSeconds = unit === 'time' && /^s?$/.test(suffix);
    if (suffix !== '' && !isSeconds) return { problem: `${quoted(text)} has a unit, and the quantity has none` };
    return Number.isInteger(amount) ? { value: amount } : { problem: `${quoted(text)} is not a whole number` };
  }
  const known = spellings[unit];
  if (suffix === '') {
    return { problem: `${quoted(text)} lacks its unit`, hint: `Write ${text} ${unit}.` };
  }
  const scale = known[suffix];
  if (scale) return { value: amount * scale.factor + (kind === 'value' ? (scale.offset ?? 0) : 0) };
  return { problem: `${quoted(suffix)} is not a unit for this; it must be ${alternatives(Object.keys(known))}` };
}

function parseTime(written: string | number): Parsed {
  const text = String(written).trim();
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(Z| UTC)?)?$/.exec(text);
  const [, date = '', minutes = '00:00', seconds = ':00'] = match ?? [];
  const instant = match ? new Date(`${date}T${minutes}${seconds}Z`) : undefined;
  // Date takes 30 February for 2 March.
  if (instant && !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(date)) {
    return { value: instant.getTime() / 1000 };
  }
  return { problem: `${quoted(text)} is not a time such as "2026-03-01T12:00:00Z" (in UTC)` };
}

/** `25.08 °C`, with as many digits as the device can tell. */
export function formatQuantity(value: number, { unit, resolution }: Quantity): string {
  if (unit === 'time') return new Date(value * 1000).toISOString().replace('.000Z', 'Z');
  const digits = Math.min(Math.max(0, decimalsOf(resolution)), 7);
  const rounded = Number(value.toFixed(digits));
  return unit === 'number' ? String(rounded) : `${rounded} ${unit}`;
}

function decimalsOf(resolution: number): number {
  const [, fraction = '', exponent = '0'] = /^\d+(?:\.(\d+))?(?:e([-+]\d+))?$/.exec(String(resolution)) ?? [];
  return fraction.length - Number(exponent);
}
