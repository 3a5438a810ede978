import type { Diagnostic, DiagnosticCode, Place } from '../spec/index.ts';

interface Finding {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly severity?: Diagnostic['severity'];
  readonly hint?: string | undefined;
  readonly suggestions?: readonly string[];
}

/** Collects what there is to say about emulated hardware, so that one run tells everything. */
export class Findings {
  readonly diagnostics: Diagnostic[] = [];

  report({ at, end }: Place, { severity = 'error', hint, ...finding }: Finding): void {
    this.diagnostics.push({ severity, at, end, ...finding, ...(hint !== undefined && { hint }) });
  }

  hasErrors(): boolean {
    return this.diagnostics.some(({ severity }) => severity === 'error');
  }
}
