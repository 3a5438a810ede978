export { createReporter, type ReporterOptions } from './reporter.ts';
export { formatBytes } from './reporter.ts';
export { silentReporter, type Outcome, type Reporter, type Step } from './types.ts';
export { drawSpans, parseSpans, type Span } from './timeline.ts';
