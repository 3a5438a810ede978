/** A stretch of time, in seconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly what: string;
}

/** Reads the guest's `/run/lkit/boot-times`: a line `FROM TO WHAT` for each stretch. Other lines are left out. */
export function parseSpans(text: string): readonly Span[] {
  return text.split('\n').flatMap((line) => {
    const [, from, to, what] = /^\s*(\d+\.\d+) (\d+\.\d+) (\S.*?)\s*$/.exec(line) ?? [];
    return from === undefined || to === undefined || what === undefined
      ? []
      : [{ from: Number(from), to: Number(to), what }];
  });
}

/**
 * A text chart, a line for each span, as far along its line as it was in time:
 *
 *     kernel    1.20 s ██████
 *     stage-0   0.40 s       ██
 *
 * @param width of the bars, in characters
 */
export function drawSpans(spans: readonly Span[], width: number): readonly string[] {
  const end = Math.max(...spans.map(({ to }) => to), 0);
  const column = (seconds: number): number => (end === 0 ? 0 : Math.round((seconds / end) * width));
  const nameWidth = Math.max(...spans.map(({ what }) => what.length), 0);
  return spans.map(({ from, to, what }) => {
    const start = Math.min(column(from), width - 1);
    const bar = '█'.repeat(Math.max(column(to) - start, 1));
    return `${what.padEnd(nameWidth)} ${(to - from).toFixed(2).padStart(6)} s ${' '.repeat(start)}${bar}`;
  });
}
