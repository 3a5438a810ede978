/** How a step ended. `cached`: nothing had to be done. */
export type Outcome = 'done' | 'cached';

/** A piece of work that takes time, shown while it runs. */
export interface Step {
  /** Progress in `unit`s (bytes unless the step says otherwise); `total` may be unknown. */
  progress(done: number, total?: number): void;
  /** What is going on inside the step just now. */
  detail(text: string): void;
  end(outcome: Outcome): void;
  /** The error itself travels as an exception; this only stops the display. */
  fail(): void;
}

/** Where library code tells what it is doing. It never prints by itself. */
export interface Reporter {
  /** `name` reads as a heading: `package kernel`, `squashfs getty`. */
  step(name: string): Step;
  /** A sentence for the user. */
  info(text: string): void;
  /** Something to act on that does not stop the work. */
  warn(text: string): void;
  /** Shown with `-v` only. */
  debug(text: string): void;
}

const silentStep: Step = { progress() {}, detail() {}, end() {}, fail() {} };

/** Says nothing: for tests, and for library users who do not care. */
export const silentReporter: Reporter = { step: () => silentStep, info() {}, warn() {}, debug() {} };
