import { formatLocation, LkitError } from './lkit-error.ts';

/** More than one error, in the order of their places. The message has them all; the first one's place is its own. */
export class LkitErrors extends LkitError<'several'> {
  readonly errors: readonly LkitError[];

  constructor(errors: readonly LkitError[]) {
    const [first, ...others] = errors;
    const more = others.map(({ at, message }) => `\n${at === undefined ? '' : `${formatLocation(at)}: `}${message}`);
    const kind = errors.every((error) => error.kind === 'input') ? 'input' : 'environment';
    super('several', `${first?.message ?? ''}${more.join('')}`, { kind, at: first?.at, hint: first?.hint });
    this.errors = errors;
  }
}

/** The errors of steps that do not need each other, so that one run tells everything that is wrong. */
export class Faults {
  readonly #errors: LkitError[] = [];

  /** The result of a step; of one that fails the error is kept, and something else goes on in its place. */
  attempt<Result>(step: () => Result, otherwise: Result): Result {
    try {
      return step();
    } catch (error) {
      this.add(error);
      return otherwise;
    }
  }

  /** A step that is there for its errors alone. */
  check(step: () => void): void {
    this.attempt(step, undefined);
  }

  /** @throws what is no `LkitError`: a bug */
  add(error: unknown): void {
    if (!(error instanceof LkitError)) throw error;
    this.#errors.push(...(error instanceof LkitErrors ? error.errors : [error as LkitError]));
  }

  /** @throws the only error, or `LkitErrors` with all, file by file */
  throwAny(): void {
    const [first, ...others] = this.#errors;
    if (first === undefined) return;
    throw others.length === 0 ? first : new LkitErrors(inOrder(this.#errors));
  }
}

/** By line and column; files, and errors without a place, in the order in which they came. */
function inOrder(errors: readonly LkitError[]): readonly LkitError[] {
  const files = [...new Set(errors.map(({ at }) => at?.file))];
  const rank = ({ at }: LkitError): readonly number[] => [files.indexOf(at?.file), at?.line ?? 0, at?.column ?? 0];
  return [...errors].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    return left.map((each, index) => each - (right[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
  });
}
