import type { ColumnBatch } from "../backends/types.ts";
import type { Value } from "../core/kusto.ts";
import {
  CONTEXT_COLUMNS,
  type ContextColumn,
  FACET_STATES,
  FACETS,
  type Facet,
  type Signal,
  type SubjectType,
} from "../core/signal.ts";
import type { Names } from "./names.ts";

/** Facet states as stored in a batch: the index into FACET_STATES. */
export const VERIFIED = FACET_STATES.indexOf("verified");
export const FAILED = FACET_STATES.indexOf("failed");
export const UNKNOWN = FACET_STATES.indexOf("unknown");
export const NA = FACET_STATES.indexOf("na");

/**
 * Valid signals by column, in the order of the query. Every array has `rowCount` elements. Texts are ids of
 * `names`: `subjectOf`, `resourceOf` and `textAt` spell them out.
 */
export interface SignalBatch {
  readonly rowCount: number;
  readonly names: Names;
  /** Milliseconds since the epoch, with fraction. */
  readonly time: Float64Array;
  readonly eventId: readonly string[];
  readonly subjectId: Int32Array;
  readonly subjectType: readonly SubjectType[];
  readonly resourceId: Int32Array;
  readonly facets: Readonly<Record<Facet, Uint8Array>>;
  /** The facets of a row that failed, are verified, and apply at all: bit i is that of FACETS[i]. */
  readonly failed: Uint8Array;
  readonly verified: Uint8Array;
  readonly applicable: Uint8Array;
  /** The context columns that the query returned: ids of texts ('' when null), numbers with NaN for null. */
  readonly ids: ReadonlyMap<ContextColumn, Int32Array>;
  readonly numbers: ReadonlyMap<ContextColumn, Float64Array>;
}

const CONTEXT_NAMES = Object.keys(CONTEXT_COLUMNS) as ContextColumn[];
export const isTextColumn = (name: ContextColumn): boolean => CONTEXT_COLUMNS[name] === "string";

/** Whether a batch carries a context column. */
export const hasColumn = (batch: SignalBatch, name: ContextColumn): boolean =>
  batch.ids.has(name) || batch.numbers.has(name);

export const subjectOf = ({ names, subjectId }: SignalBatch, row: number): string =>
  names.text(subjectId[row] as number);

export const resourceOf = ({ names, resourceId }: SignalBatch, row: number): string =>
  names.text(resourceId[row] as number);

/** Cell of a text column; '' when the batch lacks it. */
export const textAt = ({ names, ids }: SignalBatch, name: ContextColumn, row: number): string =>
  names.text(ids.get(name)?.[row] ?? 0);

/** Marks every id of a batch, for a sweep of its names. */
export function markIds({ subjectId, resourceId, ids }: SignalBatch, live: Uint8Array): void {
  for (const column of [subjectId, resourceId, ...ids.values()]) for (const id of column) live[id] = 1;
}

/** Bit sets of the facet states, as a batch has them. */
export function facetBits(
  facets: SignalBatch["facets"],
  rowCount: number,
): Pick<SignalBatch, "failed" | "verified" | "applicable"> {
  const bits = new Uint8Array(3 * rowCount);
  const part = (i: number): Uint8Array<ArrayBuffer> => bits.subarray(i * rowCount, (i + 1) * rowCount);
  const [failed, verified, applicable] = [part(0), part(1), part(2)];
  FACETS.forEach((facet, f) => {
    const codes = facets[facet];
    for (let row = 0; row < rowCount; row++) {
      const code = codes[row] as number;
      if (code === NA) continue;
      applicable[row] = (applicable[row] as number) | (1 << f);
      if (code === FAILED) failed[row] = (failed[row] as number) | (1 << f);
      else if (code === VERIFIED) verified[row] = (verified[row] as number) | (1 << f);
    }
  });
  return { failed, verified, applicable };
}

/** Rows of a batch as signal objects: for tests, samples and small results, not for the hot path. */
export function signalAt(batch: SignalBatch, row: number): Signal {
  const facets = Object.fromEntries(FACETS.map((facet) => [facet, FACET_STATES[batch.facets[facet][row] ?? UNKNOWN]]));
  const context: Partial<Record<ContextColumn, Value>> = {};
  for (const name of CONTEXT_NAMES) {
    const number = batch.numbers.get(name)?.[row];
    const text = batch.ids.has(name) ? textAt(batch, name, row) : undefined;
    const value = text ?? (number === undefined || Number.isNaN(number) ? undefined : number);
    if (value !== undefined) context[name] = value;
  }
  return {
    time: batch.time[row] ?? Number.NaN,
    eventId: batch.eventId[row] ?? "",
    subject: subjectOf(batch, row),
    subjectType: batch.subjectType[row] ?? "user",
    resource: resourceOf(batch, row),
    facets: facets as Signal["facets"],
    context,
  };
}

/** Signal objects in the column form of a query's answer. */
export function columnsOf(signals: readonly Signal[]): ColumnBatch {
  const columns = new Map<string, readonly Value[]>();
  const put = (name: string, cell: (signal: Signal) => Value): void => {
    columns.set(name, signals.map(cell));
  };
  put("TimeGenerated", (signal) => new Date(signal.time).toISOString());
  put("EventId", (signal) => signal.eventId);
  put("Subject", (signal) => signal.subject);
  put("SubjectType", (signal) => signal.subjectType);
  put("Resource", (signal) => signal.resource);
  for (const facet of FACETS) put(FACET_COLUMNS[facet], (signal) => signal.facets[facet]);
  for (const name of CONTEXT_NAMES) {
    if (signals.some(({ context }) => name in context)) put(name, (signal) => signal.context[name] ?? null);
  }
  return { rowCount: signals.length, columns };
}

/** Facet → column of a signal query. */
export const FACET_COLUMNS: Readonly<Record<Facet, string>> = {
  identity: "Identity",
  device: "Device",
  context: "Context",
  policy: "Policy",
  session: "Session",
  encryption: "Encryption",
};
