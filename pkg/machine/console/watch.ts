/** What a guest's console says about how its boot went. */
export type ConsoleSign =
  | { readonly kind: 'first-byte' }
  /** The kernel has given up. `final`: it will say nothing more, and neither end nor restart by itself. */
  | { readonly kind: 'panic'; readonly line: string; readonly final: boolean }
  /** lkit's init, or its stage 0, has stopped the boot. */
  | { readonly kind: 'halted'; readonly line: string }
  /** Something was printed, and not by the kernel: it lives, whatever a panic above it may have been. */
  | { readonly kind: 'life' };

const longestLine = 4096;
/** `[    2.345678] ` as printk.time puts it before the text; with CONFIG_PRINTK_CALLER also `[    T1] `. */
const timestamp = String.raw`(?:\[ *\d+\.\d+\] ?(?:\[ *[TC]\d+\] ?)?)?`;
const panicLine = new RegExp(`^${timestamp}(Kernel panic - not syncing.*)`);
const panicEnd = new RegExp(String.raw`^${timestamp}---\[ end (Kernel panic.*?) ?\]---`);
const haltedLine = /^lkit: (?:boot halted|stage 0): *(.*)/;
/** The kernel's line, or the beginning of one. */
const kernelLine = /^\[ *(?:\d+(?:\.\d*(?:\].*)?)?)?$/;

/** Reads console output in pieces of any size and tells what it means, line by line. */
export class ConsoleWatch {
  private line = '';
  private begun = false;

  read(chunk: Buffer): readonly ConsoleSign[] {
    const signs: ConsoleSign[] = [];
    if (!this.begun && chunk.length > 0) signs.push({ kind: 'first-byte' });
    this.begun ||= chunk.length > 0;
    // Latin-1 keeps one character a byte: what is looked for is ASCII.
    const [first = '', ...rest] = chunk.toString('latin1').split('\n');
    this.line = (this.line + first).slice(0, longestLine);
    for (const next of rest) {
      const sign = meaningOf(this.line.replace(/\r+$/, ''));
      if (sign) signs.push(sign);
      this.line = next.slice(0, longestLine);
    }
    const unfinished = this.line.replace(/\r+$/, '');
    // A prompt has no line end; but what may yet become a line that is looked for has to wait for it.
    if (meaningOf(unfinished)?.kind === 'life' && !mayBecomeSign(unfinished)) signs.push({ kind: 'life' });
    return signs;
  }
}

function meaningOf(line: string): ConsoleSign | undefined {
  const halted = haltedLine.exec(line);
  if (halted) return { kind: 'halted', line: halted[1] ?? '' };
  const final = panicEnd.exec(line);
  if (final) return { kind: 'panic', line: final[1] ?? '', final: true };
  const panic = panicLine.exec(line);
  if (panic) return { kind: 'panic', line: panic[1] ?? '', final: false };
  return line.trim() === '' || kernelLine.test(line) ? undefined : { kind: 'life' };
}

function mayBecomeSign(beginning: string): boolean {
  return ['lkit: boot halted:', 'lkit: stage 0:', 'Kernel panic -', '---[ end Kernel'].some((sign) =>
    sign.startsWith(beginning),
  );
}
