import { type ContextColumn, FACETS, type Facet, type SubjectType } from "../core/signal.ts";
import { facetBits, resourceOf, type SignalBatch, subjectOf, textAt } from "../signals/batch.ts";
import type { Names } from "../signals/names.ts";

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
    subject: rows.map((row) => subjectOf(batch, row)),
    subjectType: pick(batch.subjectType),
    resource: rows.map((row) => resourceOf(batch, row)),
    facets: Object.fromEntries(FACETS.map((f): [Facet, number[]] => [f, pick(batch.facets[f])])) as Record<
      Facet,
      number[]
    >,
    text: [...batch.ids.keys()].map((name) => [name, rows.map((row) => textAt(batch, name, row))]),
    numbers: [...batch.numbers].map(([name, column]) => [name, nullable(column)]),
  };
}

export function unpack(packed: PackedBatch, names: Names): SignalBatch {
  const { time, eventId, subject, subjectType, resource, text, numbers } = packed;
  const idsOf = (texts: readonly string[]): Int32Array => Int32Array.from(texts, (one) => names.id(one));
  const facets = Object.fromEntries(FACETS.map((f) => [f, Uint8Array.from(packed.facets[f])])) as SignalBatch["facets"];
  return {
    rowCount: time.length,
    names,
    time: Float64Array.from(time),
    eventId,
    subjectId: idsOf(subject),
    subjectType,
    resourceId: idsOf(resource),
    facets,
    ...facetBits(facets, time.length),
    ids: new Map(text.map(([name, texts]) => [name, idsOf(texts)])),
    numbers: new Map(numbers.map(([name, column]) => [name, Float64Array.from(column, (x) => x ?? Number.NaN)])),
  };
}
