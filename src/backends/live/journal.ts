import { createHash } from "node:crypto";

/** One request that brought rows, as the manifest of a run keeps it. Times are ISO 8601; absent means unbounded. */
export interface SliceRecord {
  /** First 16 hex digits of the sha256 of the query that was sliced. */
  readonly query: string;
  readonly start?: string;
  readonly end?: string;
  readonly part?: string;
  readonly rows: number;
  readonly milliseconds: number;
  readonly attempts: number;
}

export const queryKey = (kql: string): string => createHash("sha256").update(kql).digest("hex").slice(0, 16);

/** What a live backend asked: every slice with its rows, requests by outcome, and what services remarked. */
export class Journal {
  readonly slices: SliceRecord[] = [];
  readonly #warnings = new Set<string>();
  requests = 0;
  retries = 0;

  warn(message: string): void {
    this.#warnings.add(message);
  }

  get warnings(): readonly string[] {
    return [...this.#warnings];
  }
}
