const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration such as `1m30s`, of which the schema has checked the form. */
export function durationMs(text: string): number {
  const parts = [...text.matchAll(/([0-9.]+)(ms|s|m|h)/g)];
  return Math.round(parts.reduce((sum, [, amount = '', unit = '']) => sum + Number(amount) * (units[unit] ?? 0), 0));
}

/** The shortest text for a duration: `5s`, `1500ms`. */
export function durationText(ms: number): string {
  const unit = ['h', 'm', 's'].find((each) => ms > 0 && ms % (units[each] ?? 1) === 0) ?? 'ms';
  return `${ms / (units[unit] ?? 1)}${unit}`;
}
