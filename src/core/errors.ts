/** What is wrong, where, and what to do. Line and column count from 1. */
export interface Diagnostic {
  readonly code: string;
  readonly message: string;
  readonly severity: "error" | "warning";
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly hint?: string;
}

export const EXIT = { ok: 0, gateMissed: 1, usage: 2, incomplete: 3, unauthorized: 4, interrupted: 130 } as const;

/** A mistake or a condition that the user can act on. Anything else that is thrown is a defect of ztlens. */
export class ZtlensError extends Error {
  readonly exitCode: number;
  readonly diagnostics: readonly Diagnostic[];

  constructor(exitCode: number, message: string, diagnostics: readonly Diagnostic[] = [], options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.exitCode = exitCode;
    this.diagnostics = diagnostics;
  }
}

/** Wrong arguments, configuration, pack or query. */
export class UsageError extends ZtlensError {
  constructor(message: string, diagnostics: readonly Diagnostic[] = [], options?: ErrorOptions) {
    super(EXIT.usage, message, diagnostics, options);
  }
}

export class IncompleteDataError extends ZtlensError {
  constructor(message: string, options?: ErrorOptions) {
    super(EXIT.incomplete, message, [], options);
  }
}

export class UnauthorizedError extends ZtlensError {
  constructor(message: string, options?: ErrorOptions) {
    super(EXIT.unauthorized, message, [], options);
  }
}
