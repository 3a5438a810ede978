import { decodeStatus } from './buildkit-status.ts';

/** Lines of a step's output that are kept for when it fails. */
const keptLines = 30;

/** Why a build ended without an image. */
export interface BuildFailure {
  readonly message: string;
  /** The instruction that failed, as the engine shows it: `RUN make`. */
  readonly step?: string | undefined;
  /** Which of all instructions that is, from 1, where the engine counts all of them. */
  readonly number?: number | undefined;
  /** The end of the step's output. */
  readonly output: readonly string[];
}

/** Follows what an engine tells while it builds, in Docker's older form, BuildKit's or Podman's. */
export class BuildProgress {
  readonly #names = new Map<string, string>();
  readonly #output = new Map<string, string[]>();
  #partial = '';
  #current = '';
  #number: number | undefined;
  readonly #errors = new Map<string, string>();
  imageId: string | undefined;
  failure: BuildFailure | undefined;

  /** One message of the engine; gives back what to show a person, if there is something new. */
  take(message: BuildMessage): string | undefined {
    const { id, aux, stream, status, error, errorDetail } = message;
    if (error !== undefined) {
      this.failure = this.#failureOf(errorDetail?.message ?? error);
      return undefined;
    }
    if (id === 'moby.buildkit.trace' && typeof aux === 'string') return this.#takeStatus(aux);
    if (typeof aux === 'object' && aux !== null && aux.ID !== undefined) this.imageId = aux.ID;
    if (stream !== undefined) return this.#takeText(stream);
    return status === undefined ? undefined : `${id === undefined ? '' : `${id} `}${status}`;
  }

  #takeStatus(base64: string): string | undefined {
    const { vertexes, logs, transfers } = decodeStatus(base64);
    let shown: string | undefined;
    for (const { digest, name, started, completed, error } of vertexes) {
      this.#names.set(digest, name);
      if (started && !completed && !name.startsWith('[internal]')) shown = name;
      if (error !== '') this.#errors.set(digest, error);
    }
    for (const { name, current, total } of transfers) {
      if (total > 0) shown = `${name} ${Math.floor((current / total) * 100)} %`;
    }
    for (const { vertex, message } of logs) {
      for (const line of message.toString().split(/[\r\n]+/)) {
        if (line.trim() === '') continue;
        this.#keep(vertex, line);
        shown = `${this.#names.get(vertex) ?? ''}: ${line}`;
      }
    }
    return shown;
  }

  /** Text comes in pieces of any length. */
  #takeText(text: string): string | undefined {
    const lines = `${this.#partial}${text}`.split('\n');
    this.#partial = lines.pop() ?? '';
    let shown: string | undefined;
    for (const line of lines) {
      // Docker: `Step 2/4 : RUN make`; Podman: `STEP 2/4: RUN make`.
      const [, number, step] = /^step (\d+)(?:\/\d+)? ?: (.*)$/i.exec(line) ?? [];
      if (step !== undefined) {
        this.#current = step;
        this.#number = Number(number);
        this.#output.set(step, []);
      } else if (line.trim() !== '' && !/^ --->|^Removing intermediate/.test(line)) this.#keep(this.#current, line);
      const built = /^(?:Successfully built |--> )?([0-9a-f]{64})$/.exec(line)?.[1];
      if (built !== undefined) this.imageId = built;
      if (line.trim() !== '') shown = step ?? `${this.#current}: ${line}`;
    }
    return shown;
  }

  #keep(step: string, line: string): void {
    const lines = this.#output.get(step) ?? [];
    lines.push(line);
    if (lines.length > keptLines) lines.shift();
    this.#output.set(step, lines);
  }

  #failureOf(message: string): BuildFailure {
    // Steps run side by side: the engine's last word is about the first that failed.
    const failed = [...this.#errors].find(([, error]) => message.includes(error)) ?? [...this.#errors][0];
    if (failed !== undefined) {
      const [digest] = failed;
      // `[builder 2/3] RUN make`.
      const step = this.#names.get(digest)?.replace(/^\[[^\]]*\] /, '');
      return { message, step, output: this.#output.get(digest) ?? [] };
    }
    const step = this.#current === '' ? undefined : this.#current;
    return { message, step, number: this.#number, output: this.#output.get(this.#current) ?? [] };
  }
}

/** A line of what the engine answers to a build. */
export interface BuildMessage {
  readonly id?: string;
  readonly aux?: string | { readonly ID?: string } | null;
  readonly stream?: string;
  readonly status?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
}
