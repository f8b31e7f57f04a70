import type { ContextColumn } from "../core/signal.ts";
import type { SignalBatch } from "../signals/batch.ts";

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
