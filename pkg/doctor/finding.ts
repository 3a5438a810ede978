/** One thing that this host can do, or cannot. */
export interface Finding {
  readonly area: 'build' | 'format' | 'run' | 'engine' | 'space';
  /** What it is about: a program's, a format's or an architecture's name. */
  readonly subject: string;
  /** `limited`: it works, but not as well as it could. */
  readonly state: 'works' | 'limited' | 'fails';
  /** What was found. */
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
}
