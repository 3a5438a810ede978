/**
 * The whole number from `low` to `high` for which a monotonic function comes nearest to `target`: how a measurement
 * that the data sheet only computes from raw values is turned back into them.
 */
export function invert(convert: (raw: number) => number, target: number, low: number, high: number): number {
  const isRising = convert(high) > convert(low);
  let below = low;
  let above = high;
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (convert(middle) < target === isRising) below = middle;
    else above = middle;
  }
  return Math.abs(convert(below) - target) <= Math.abs(convert(above) - target) ? below : above;
}
