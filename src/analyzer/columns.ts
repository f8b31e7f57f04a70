import type { ContextColumn } from "../core/signal.ts";
import type { SignalBatch } from "../signals/batch.ts";
import { noIds } from "../signals/names.ts";

/** Ids of a text column; 0 throughout when the batch lacks it. */
export const idsOf = (batch: SignalBatch, name: ContextColumn): Int32Array =>
  batch.ids.get(name) ?? noIds(batch.rowCount);

let nothing = new Float64Array(0);
/** A numeric column; NaN throughout when the batch lacks it. */
export function valuesOf(batch: SignalBatch, name: ContextColumn): Float64Array {
  if (nothing.length < batch.rowCount) nothing = new Float64Array(2 * batch.rowCount).fill(Number.NaN);
  return batch.numbers.get(name) ?? nothing;
}

/** Whether a condition holds for any name of a column. Asked once where neighbours are alike. */
export function someName(ids: Int32Array, holds: (id: number) => boolean): boolean {
  let last = -1;
  for (let row = 0; row < ids.length; row++) {
    const id = ids[row] as number;
    if (id === last) continue;
    if (holds(id)) return true;
    last = id;
  }
  return false;
}
