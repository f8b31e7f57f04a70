import { type ContextColumn, FACETS, type Facet, type SubjectType } from "../core/signal.ts";
import type { SignalBatch } from "../signals/batch.ts";

/** Rows of a batch as JSON. NaN, which JSON lacks, is null. */
export interface PackedBatch {
  readonly time: readonly number[];
  readonly eventId: readonly string[];
  readonly subject: readonly string[];
  readonly subjectType: readonly SubjectType[];
  readonly resource: readonly string[];
  readonly facets: Readonly<Record<Facet, readonly number[]>>;
  readonly text: readonly (readonly [ContextColumn, readonly string[]])[];
  readonly numbers: readonly (readonly [ContextColumn, readonly (number | null)[]])[];
}

export function pack(batch: SignalBatch, rows: readonly number[]): PackedBatch {
  const pick = <T>(column: ArrayLike<T>): T[] => rows.map((row) => column[row] as T);
  const nullable = (column: Float64Array): (number | null)[] =>
    pick(column).map((x) => (Number.isFinite(x) ? x : null));
  return {
    time: pick(batch.time),
    eventId: pick(batch.eventId),
    subject: pick(batch.subject),
    subjectType: pick(batch.subjectType),
    resource: pick(batch.resource),
    facets: Object.fromEntries(FACETS.map((f): [Facet, number[]] => [f, pick(batch.facets[f])])) as Record<
      Facet,
      number[]
    >,
    text: [...batch.text].map(([name, column]) => [name, pick(column)]),
    numbers: [...batch.numbers].map(([name, column]) => [name, nullable(column)]),
  };
}

export function unpack(packed: PackedBatch): SignalBatch {
  const { time, eventId, subject, subjectType, resource, facets, text, numbers } = packed;
  return {
    rowCount: time.length,
    time: Float64Array.from(time),
    eventId,
    subject,
    subjectType,
    resource,
    facets: Object.fromEntries(FACETS.map((f) => [f, Uint8Array.from(facets[f])])) as SignalBatch["facets"],
    text: new Map(text),
    numbers: new Map(numbers.map(([name, column]) => [name, Float64Array.from(column, (x) => x ?? Number.NaN)])),
  };
}
