/** An instruction of a Dockerfile. */
export interface Instruction {
  /** Where it begins, from 1. */
  readonly line: number;
  /** The whole of it on one line: `RUN make && make install`. */
  readonly text: string;
}

/** The instructions of a Dockerfile, with continued lines put together, comments and the bodies of here-documents left out. */
export function instructionsOf(dockerfile: string): readonly Instruction[] {
  const lines = dockerfile.replace(/^\ufeff/, '').split(/\r?\n/);
  const escape = /^#\s*escape\s*=\s*`\s*$/im.test(dockerfile) ? '`' : '\\';
  const found: Instruction[] = [];
  for (let index = 0; index < lines.length; index++) {
    const first = (lines[index] ?? '').trim();
    if (first === '' || first.startsWith('#')) continue;
    const begin = index;
    const parts = [first];
    while ((parts.at(-1) ?? '').endsWith(escape) && index + 1 < lines.length) {
      const next = (lines[++index] ?? '').trim();
      const last = parts.length - 1;
      // Comments and empty lines may stand within an instruction.
      if (next === '' || next.startsWith('#')) continue;
      parts[last] = (parts[last] ?? '').slice(0, -1);
      parts.push(next);
    }
    const text = spaced(parts.join(' '));
    found.push({ line: begin + 1, text });
    for (const end of hereDocuments(text)) {
      while (index + 1 < lines.length && (lines[++index] ?? '').trim() !== end);
    }
  }
  return found;
}

function hereDocuments(instruction: string): readonly string[] {
  if (!/^(RUN|COPY|ADD)\s/i.test(instruction)) return [];
  return [...instruction.matchAll(/(?:^|\s)<<-?(["']?)([A-Za-z_]\w*)\1/g)].map(([, , word = '']) => word);
}

function spaced(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** The step of a build that failed, as an engine tells of it. */
export interface FailedStep {
  readonly message: string;
  readonly step?: string | undefined;
  /** Counts all instructions, from 1. */
  readonly number?: number | undefined;
}

/** The line of the Dockerfile that a failure is about, if that can be told. */
export function failedLine(dockerfile: string, { message, step, number }: FailedStep): number | undefined {
  const named = /parse error (?:on )?line (\d+)|Dockerfile:(\d+)/.exec(message);
  if (named) return Number(named[1] ?? named[2]);
  const instructions = instructionsOf(dockerfile);
  if (number !== undefined) return instructions[number - 1]?.line;
  const wanted = step === undefined ? undefined : spaced(step).toLowerCase();
  return instructions.find(({ text }) => text.toLowerCase() === wanted)?.line;
}
