import type { ContextColumn } from "../core/signal.ts";
import type { SignalBatch } from "../signals/batch.ts";
import { noIds } from "../signals/names.ts";

/** Cells of a text column; '' throughout when the batch lacks it. */
export function textOf(batch: SignalBatch, name: ContextColumn): (row: number) => string {
  const column = batch.text.get(name);
  return column ? (row) => column[row] as string : () => "";
}

/** Cells of a numeric column; NaN throughout when the batch lacks it. */
export function numberOf(batch: SignalBatch, name: ContextColumn): (row: number) => number {
  const column = batch.numbers.get(name);
  return column ? (row) => column[row] as number : () => Number.NaN;
}

/** Ids of a text column; 0 throughout when the batch lacks it. */
export const idsOf = (batch: SignalBatch, name: ContextColumn): Int32Array =>
  batch.ids.get(name) ?? noIds(batch.rowCount);

let nothing = new Float64Array(0);
/** A numeric column; NaN throughout when the batch lacks it. */
export function valuesOf(batch: SignalBatch, name: ContextColumn): Float64Array {
  if (nothing.length < batch.rowCount) nothing = new Float64Array(2 * batch.rowCount).fill(Number.NaN);
  return batch.numbers.get(name) ?? nothing;
}
