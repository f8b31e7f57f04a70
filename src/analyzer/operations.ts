import type { SignalBatch } from "../signals/batch.ts";
import type { Names } from "../signals/names.ts";
import { idsOf } from "./columns.ts";
import { ANNOUNCEMENT_BIT, codeBits, FAILURE_BIT } from "./outcome.ts";

const [MATCH, OTHER] = [1, 2];

/** 1 for the rows that carry out an operation of some kind, by its name, and 0 for others, refusals and announcements. */
export function countOperations(
  names: Names,
  matches: (name: string) => boolean,
): (batch: SignalBatch) => Float64Array | undefined {
  const kinds = names.property((name) => (matches(name.toLowerCase()) ? MATCH : OTHER));
  const bits = codeBits(names);
  return (batch) => {
    const [operation, code] = [idsOf(batch, "Operation"), idsOf(batch, "ResultCode")];
    return amountsWhere(
      batch.rowCount,
      (row) =>
        kinds.of(operation[row] as number) === MATCH &&
        (bits.of(code[row] as number) & (FAILURE_BIT | ANNOUNCEMENT_BIT)) === 0,
    );
  };
}

/** 1 for the rows that a condition holds for and 0 for others; undefined when it holds for none. */
export function amountsWhere(rowCount: number, holds: (row: number) => boolean): Float64Array | undefined {
  let amounts: Float64Array | undefined;
  for (let row = 0; row < rowCount; row++) {
    if (!holds(row)) continue;
    amounts ??= new Float64Array(rowCount);
    amounts[row] = 1;
  }
  return amounts;
}
